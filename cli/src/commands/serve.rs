//! `cepstrum serve`.

mod api;
mod decoding;
mod page;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use super::genre_classifier;
use crate::neighbors::Neighbors;
use crate::settings::{DeviceOption, Settings};
use crate::verdict::Judge;
use api::{Limits, Server};

/// The arguments of `cepstrum serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cepstrum serve genre.safetensors
  curl --data-binary @song.mp3 'http://127.0.0.1:8000/classify?name=song.mp3'")]
pub(crate) struct Serve {
    /// Model file
    model: PathBuf,
    /// Address to listen on; another than 127.0.0.1 lets other machines in
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Largest upload in megabytes
    #[arg(long, default_value_t = 100, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..=4096))]
    max_upload: u32,
    /// Longest part of a song that is listened to, from its start, in minutes
    #[arg(long, default_value_t = 30.0, value_name = "MIN")]
    max_minutes: f64,
    /// Time that a request may take in seconds
    #[arg(long, default_value_t = 120, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Wheel of the package `musicnn`, for a model whose features that network computes and that does not hold it
    #[arg(long, value_name = "WHEEL")]
    pretrained: Option<PathBuf>,
    /// Store of features of tracks, as `cepstrum extract` writes it: the page names the tracks nearest to a song
    #[arg(long, value_name = "STORE")]
    tracks: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceOption,
}

impl Serve {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let classifier = genre_classifier(&self.model, self.pretrained.as_deref(), &self.device.device)?;
        let limits = Limits {
            upload: self.max_upload as usize * 1_000_000,
            seconds: 60.0 * self.max_minutes,
            timeout: Duration::from_secs(self.timeout),
            at_once: settings.n_threads(),
        };
        let rate = classifier.sample_rate();
        let neighbors = self.tracks.as_deref().map(|store| Neighbors::load(store, rate)).transpose()?;
        let server = Server::new(Judge { classifier, neighbors, tells_tags: false }, limits);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("cannot start the server's threads")?.block_on(async {
            let address = SocketAddr::new(self.address, self.port);
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {address}: name another --port"))?;
            let address = listener.local_addr()?;
            console.text(format_args!("http://{address}"))?;
            console.object(&json!({ "address": format!("http://{address}") }))?;
            axum::serve(listener, server.router()).await.context("the server ended")?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
