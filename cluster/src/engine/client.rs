//! The client: it hands the shards of a job to a scheduler and waits for their records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista::extension::{SessionConfigExt, SessionContextExt};
use datafusion::arrow::array::AsArray;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failed;
use super::function::shard_function;
use super::table::{ShardCodec, ShardTable};
use crate::{Done, Error, Result};

/// A client of a scheduler.
#[derive(Clone, Debug)]
pub struct Client {
    /// Address of the scheduler, `host:port`.
    pub scheduler: String,
    /// Time to wait for the first executor.
    pub grace: Duration,
    /// Shards of one query, at least 1. The scheduler keeps all tasks of a query in memory and loses them when it is lost; the next
    /// query begins when all are done, so there should be four or more for each core.
    pub wave: usize,
}

/// Time between two questions whether there is an executor.
const PAUSE: Duration = Duration::from_millis(250);

impl Client {
    /// Has executors work on shards of the job in an output folder, and calls `progress` with each record.
    ///
    /// # Errors
    /// [`Error::NoExecutor`], and [`Error::Engine`] with the engine's message when a shard cannot be done, or when scheduler
    /// or executors are lost. What is done stays done.
    pub fn run(&self, out: &str, shards: &[u32], progress: impl Fn(&Done)) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            self.wait_for_executor().await?;
            for wave in shards.chunks(self.wave.max(1)) {
                self.query(out, wave, &progress).await?;
            }
            Ok(())
        })
    }

    async fn query(&self, out: &str, shards: &[u32], progress: &impl Fn(&Done)) -> Result<()> {
        let config = SessionConfig::new_with_ballista()
            .with_ballista_logical_extension_codec(Arc::new(ShardCodec::default()))
            .with_ballista_adaptive_query_planner(false)
            .with_ballista_job_name("cepstrum")
            .set_str("ballista.scheduler.max_partitions_per_task", "1");
        let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
        let address = format!("df://{}", self.scheduler);
        let context = SessionContext::remote_with_state(&address, state).await.map_err(failed)?;
        let function = Arc::new(shard_function(None));
        context.register_udf(function.as_ref().clone());
        let table = context.read_table(Arc::new(ShardTable::new(shards.to_vec()))).map_err(failed)?;
        let call = ScalarFunction::new_udf(function, vec![col("shard"), lit(out)]);
        let records = table.select(vec![Expr::ScalarFunction(call).alias("record")]).map_err(failed)?;
        let mut records = records.execute_stream().await.map_err(failed)?;
        while let Some(batch) = records.next().await {
            let batch = batch.map_err(failed)?;
            for record in batch.column(0).as_string::<i32>().iter().flatten() {
                progress(&serde_json::from_str(record)?);
            }
        }
        Ok(())
    }

    /// Waits until an executor is there.
    async fn wait_for_executor(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let state = self.ready().await;
            if matches!(state, Ok(true)) {
                return Ok(());
            }
            if start.elapsed() >= self.grace {
                // A scheduler that cannot be reached is told by its own error.
                state?;
                let (scheduler, seconds) = (self.scheduler.clone(), self.grace.as_secs());
                return Err(Error::NoExecutor { scheduler, seconds });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks the scheduler whether an executor is registered.
    async fn ready(&self) -> Result<bool> {
        let named =
            |error: std::io::Error| Error::from(error).in_file(format!("scheduler {}", self.scheduler));
        let mut stream = TcpStream::connect(&self.scheduler).await.map_err(named)?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.scheduler);
        stream.write_all(request.as_bytes()).await.map_err(named)?;
        let mut answer = [0; 16];
        stream.read_exact(&mut answer).await.map_err(named)?;
        Ok(answer.starts_with(b"HTTP/1.1 200"))
    }
}
