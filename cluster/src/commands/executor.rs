//! `cepstrum-cluster executor`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use cepstrum_cluster::Objects;
use cepstrum_cluster::engine::ExecutorSettings;

use super::WorkerArguments;

/// The arguments of `cepstrum-cluster executor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Executor {
    /// Address of the scheduler
    #[arg(long, value_name = "HOST:PORT")]
    scheduler: String,
    /// Number of shards to work on at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    cores: Option<u16>,
    /// Name in messages [default: host and process]
    #[arg(long)]
    name: Option<String>,
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED), value_name = "IP")]
    bind: IpAddr,
    /// Name or address that scheduler and clients reach this machine by [default: the one that the scheduler sees]
    #[arg(long, value_name = "HOST")]
    external_host: Option<String>,
    /// Port for results; 0 for any
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port for tasks; 0 for any
    #[arg(long, default_value_t = 0)]
    task_port: u16,
    /// Seconds between two signs of life
    #[arg(long, default_value_t = 5, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    heartbeat: u64,
    /// Seconds to wait for a scheduler that is not there yet
    #[arg(long, default_value_t = 60, value_name = "S")]
    wait: u16,
    /// Folder for the engine's files [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    work_dir: Option<PathBuf>,
    #[command(flatten)]
    worker: WorkerArguments,
}

impl Executor {
    pub(crate) fn run(self) -> Result<()> {
        let (host, port) =
            self.scheduler.rsplit_once(':').context("--scheduler: HOST:PORT is missing a port")?;
        let port = port.parse().with_context(|| format!("--scheduler: {port} is not a port"))?;
        let name = self.name.clone().unwrap_or_else(|| format!("{}-{}", host_name(), std::process::id()));
        let worker = self.worker.worker(name, &Objects::start()?)?;
        let temporary = tempfile::tempdir()?;
        let settings = ExecutorSettings {
            scheduler_host: host.to_owned(),
            scheduler_port: port,
            wait: self.wait,
            bind: self.bind,
            external_host: self.external_host,
            ports: [self.port, self.task_port],
            cores: self.cores.map_or_else(cores, usize::from),
            heartbeat: self.heartbeat,
            work_dir: self.work_dir.unwrap_or_else(|| temporary.path().to_owned()),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(runtime.block_on(settings.run(worker))?)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    if name.trim().is_empty() { "executor".to_owned() } else { name.trim().to_owned() }
}
