//! The executor: it works on the shards that a scheduler deals to it.

use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};

use super::function::{FUNCTION, shard_function};
use super::{MAX_MESSAGE, failed};
use crate::Result;
use crate::shard::Worker;

/// The settings of an executor.
#[derive(Clone, Debug)]
pub struct ExecutorSettings {
    /// Host of the scheduler.
    pub scheduler_host: String,
    /// Port of the scheduler.
    pub scheduler_port: u16,
    /// Seconds to wait for a scheduler that is not there yet.
    pub wait: u16,
    /// Address that it listens on.
    pub bind: IpAddr,
    /// Name that the others reach it by, where that is not the address they see.
    pub external_host: Option<String>,
    /// Ports for results and for tasks; 0 for any that is free.
    pub ports: [u16; 2],
    /// Number of shards that it works on at a time.
    pub cores: usize,
    /// Seconds between two signs of life.
    pub heartbeat: u64,
    /// Folder for the engine's own files, which are small.
    pub work_dir: PathBuf,
}

impl ExecutorSettings {
    /// Runs an executor until the process is told to end.
    ///
    /// # Errors
    /// [`Error::Engine`](crate::Error::Engine) when the scheduler cannot be reached or a port is taken.
    pub async fn run(self, worker: Worker) -> Result<()> {
        let executor_id = worker.name.clone();
        let mut functions = BallistaFunctionRegistry::default();
        let function = Arc::new(shard_function(Some(Arc::new(worker))));
        functions.scalar_functions.insert(FUNCTION.to_owned(), function);
        let [port, grpc_port] = self.ports.map(|port| free_port(self.bind, port));
        let config = ExecutorProcessConfig {
            executor_id,
            bind_host: self.bind.to_string(),
            external_host: self.external_host,
            port: port?,
            grpc_port: grpc_port?,
            scheduler_host: self.scheduler_host,
            scheduler_port: self.scheduler_port,
            scheduler_connect_timeout_seconds: self.wait,
            vcores: self.cores,
            work_dir: Some(self.work_dir.to_string_lossy().into_owned()),
            job_data_ttl_seconds: 24 * 3600,
            job_data_clean_up_interval_seconds: 3600,
            grpc_max_decoding_message_size: MAX_MESSAGE,
            grpc_max_encoding_message_size: MAX_MESSAGE,
            executor_heartbeat_interval_seconds: self.heartbeat,
            override_function_registry: Some(Arc::new(functions)),
            ..ExecutorProcessConfig::default()
        };
        start_executor_process(Arc::new(config)).await.map_err(failed)
    }
}

/// A port that nothing listens on.
fn free_port(address: IpAddr, port: u16) -> Result<u16> {
    if port != 0 {
        return Ok(port);
    }
    Ok(TcpListener::bind((address, 0))?.local_addr()?.port())
}
