//! A scheduler and executors as processes on this machine.

#[cfg(feature = "engine")]
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::common::Bench;

/// The program, without the environment's credentials.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cepstrum-cluster"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SKIP_SIGNATURE"] {
        command.env_remove(name);
    }
    command
}

/// The arguments of an extraction of a bench's tracks in shards of 1 MB.
pub(crate) fn extract(bench: &Bench, out: &str) -> Command {
    std::fs::write(bench.path("extract.json"), r#"{"segment": {"seconds": 1.0}}"#).unwrap();
    let mut command = program();
    command.args(["extract", "--shard-mb", "1", "--manifest", &bench.text("tracks.csv")]);
    command.args(["--config", &bench.text("extract.json"), "--root", &bench.text("")]);
    command.args(["--out", &bench.text(out)]);
    command
}

/// The message of a command that must have failed.
pub(crate) fn error(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A process that ends with its value.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command whose output nobody reads; `CEPSTRUM_SHOW` shows it.
pub(crate) fn start(command: &mut Command) -> Process {
    if std::env::var_os("CEPSTRUM_SHOW").is_none() {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    Process(command.spawn().unwrap())
}

/// The processes of a cluster.
#[cfg(feature = "engine")]
pub(crate) struct Cluster {
    pub(crate) address: String,
    pub(crate) scheduler: Process,
    pub(crate) executors: Vec<Process>,
}

#[cfg(feature = "engine")]
impl Cluster {
    /// Starts a scheduler and executors of one core each, which may read and write in a bench.
    pub(crate) fn new(bench: &Bench, n_executors: usize) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let scheduler = start_scheduler(&address);
        let executors = (0..n_executors).map(|_| start_executor(bench, &address)).collect();
        Self { address, scheduler, executors }
    }

    /// Runs an extraction to its end.
    pub(crate) fn extract(&self, bench: &Bench, out: &str) -> Output {
        extract(bench, out).args(["--scheduler", &self.address]).output().unwrap()
    }

    pub(crate) fn start_extraction(&self, bench: &Bench, out: &str) -> Process {
        start(extract(bench, out).args(["--scheduler", &self.address]))
    }
}

/// Starts a scheduler that soon misses an executor.
#[cfg(feature = "engine")]
pub(crate) fn start_scheduler(address: &str) -> Process {
    start(program().args(["scheduler", "--bind", address, "--executor-timeout", "4", "--grace", "6"]))
}

#[cfg(feature = "engine")]
pub(crate) fn start_executor(bench: &Bench, address: &str) -> Process {
    let mut command = program();
    command.args(["executor", "--scheduler", address, "--cores", "1", "--heartbeat", "1"]);
    command.args(["--bind", "127.0.0.1", "--root", &bench.text("")]);
    start(&mut command)
}

/// Waits until shards of a job are done, while `running` goes on.
pub(crate) fn wait_for_shards(bench: &Bench, out: &str, n_shards: usize, running: &mut Process) {
    while bench.storage(out).list("done").unwrap().len() < n_shards {
        std::thread::sleep(Duration::from_millis(1));
        assert!(running.0.try_wait().unwrap().is_none(), "it ended too early");
    }
}
