//! `cepstrum-cluster scheduler`.

use std::net::SocketAddr;

use anyhow::Result;
use cepstrum_cluster::engine::SchedulerSettings;

/// The arguments of `cepstrum-cluster scheduler`.
#[derive(Debug, clap::Args)]
pub(crate) struct Scheduler {
    /// Address to listen on. Nobody is asked for a password: keep it within a trusted network
    #[arg(long, default_value = "0.0.0.0:50050", value_name = "IP:PORT")]
    bind: SocketAddr,
    /// Seconds without a sign of life after which an executor counts as lost
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    executor_timeout: u64,
    /// Seconds without any executor after which running jobs fail
    #[arg(long, default_value_t = 180, value_name = "S")]
    grace: u64,
}

impl Scheduler {
    pub(crate) fn run(self) -> Result<()> {
        let Self { bind, executor_timeout, grace } = self;
        let settings = SchedulerSettings { address: bind, executor_timeout, grace };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(runtime.block_on(settings.run())?)
    }
}
