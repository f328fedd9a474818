//! The scheduler: it deals the tasks of jobs to executors.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionConfig;

use super::function::shard_function;
use super::table::ShardCodec;
use super::{MAX_MESSAGE, failed};
use crate::Result;

/// The settings of a scheduler.
#[derive(Clone, Copy, Debug)]
pub struct SchedulerSettings {
    /// Address that it listens on.
    pub address: SocketAddr,
    /// Seconds without a sign of life after which an executor counts as lost, and its shards are dealt again.
    pub executor_timeout: u64,
    /// Seconds without any executor after which running jobs fail.
    pub grace: u64,
}

impl SchedulerSettings {
    /// Runs a scheduler until the process ends.
    ///
    /// # Errors
    /// [`Error::Engine`](crate::Error::Engine) when the address is taken.
    pub async fn run(self) -> Result<()> {
        let config = SchedulerConfig {
            bind_host: self.address.ip().to_string(),
            bind_port: self.address.port(),
            executor_timeout_seconds: self.executor_timeout,
            expire_dead_executor_interval_seconds: (self.executor_timeout / 3).max(1),
            no_executors_grace_period_seconds: self.grace,
            grpc_server_max_decoding_message_size: MAX_MESSAGE,
            grpc_server_max_encoding_message_size: MAX_MESSAGE,
            grpc_client_max_message_size: MAX_MESSAGE,
            override_logical_codec: Some(Arc::new(ShardCodec::default())),
            override_session_builder: Some(Arc::new(session)),
            ..SchedulerConfig::default()
        };
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
        start_server(cluster, self.address, Arc::new(config)).await.map_err(failed)
    }
}

/// The engine's own session, with the function of this crate.
fn session(
    config: SessionConfig,
) -> datafusion::common::Result<datafusion::execution::session_state::SessionState> {
    let state = default_session_builder(config)?;
    let mut functions: Vec<_> = state.scalar_functions().values().cloned().collect();
    functions.push(Arc::new(shard_function(None)));
    Ok(SessionStateBuilder::new_from_existing(state).with_scalar_functions(functions).build())
}
