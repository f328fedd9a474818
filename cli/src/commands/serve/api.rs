//! The server's routes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use cepstrum::dataset::{DamagePolicy, LoadConfig, Loaded};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::decoding::Decodings;
use super::page::{OPENAPI, PAGE};
use crate::listening;
use crate::verdict::Judge;

/// The most that one request may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of an upload.
    pub(super) upload: usize,
    /// Seconds of a song that are decoded.
    pub(super) seconds: f64,
    pub(super) timeout: Duration,
    /// Songs that are worked on at the same time; others wait.
    pub(super) at_once: usize,
}

/// A model and the limits of its use.
#[derive(Debug)]
pub(super) struct Server {
    judge: Judge,
    limits: Limits,
    places: Arc<Semaphore>,
    decodings: Decodings,
}

/// An error as the client sees it.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// The client's description of its song and of what it wants to know.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// File name, whose extension is a hint.
    #[serde(default)]
    name: String,
    /// The segment to explain.
    segment: Option<usize>,
    /// A number of the client's choice, under which it may ask how far the decoding has come.
    id: Option<u64>,
}

/// The page loads nothing from elsewhere, and nobody else may frame it.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
     media-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Browsers take an answer for what its type says.
fn no_sniffing() -> (HeaderName, &'static str) {
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

impl Server {
    pub(super) fn new(judge: Judge, limits: Limits) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(limits.at_once.max(1)));
        Arc::new(Self { judge, limits, places, decodings: Decodings::default() })
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        let page = || async { ([(header::CONTENT_SECURITY_POLICY, PAGE_POLICY), no_sniffing()], Html(PAGE)) };
        let openapi = || async { ([(header::CONTENT_TYPE, "application/json"), no_sniffing()], OPENAPI) };
        Router::new()
            .route("/", get(page))
            .route("/openapi.json", get(openapi))
            .route("/model", get(model))
            .route("/classify", post(classify))
            .route("/explain", post(explain))
            .route("/progress", get(progress))
            .with_state(self)
    }

    /// Decodes a song in memory.
    fn decode(&self, bytes: Bytes, Asked { name, id, .. }: &Asked) -> Result<Loaded> {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let config = LoadConfig {
            sample_rate: self.judge.classifier.sample_rate(),
            damaged: DamagePolicy::KeepIntact,
            duration: Some(self.limits.seconds),
            ..LoadConfig::default()
        };
        let loaded = config.load_from(self.decodings.watch(bytes, *id), extension);
        self.decodings.end(*id);
        // The cause alone: the name of a file in memory says nothing.
        loaded.map_err(|error| anyhow::anyhow!("{}", error.cause()))
    }

    /// Receives a song and works on it, within the limits.
    async fn work(
        self: Arc<Self>,
        body: Body,
        work: impl FnOnce(&Self, Bytes) -> Result<Value> + Send + 'static,
    ) -> Result<Json<Value>, Refusal> {
        let limits = self.limits;
        let answered = async move {
            let bytes = to_bytes(body, limits.upload).await.map_err(|_| {
                let most = limits.upload / 1_000_000;
                let message = format!("the upload was cut off or is larger than {most} MB");
                Refusal(StatusCode::PAYLOAD_TOO_LARGE, message)
            })?;
            if bytes.is_empty() {
                return Err(Refusal(StatusCode::BAD_REQUEST, "the upload is empty".to_owned()));
            }
            let full = |_| Refusal(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping".to_owned());
            let place = Arc::clone(&self.places).acquire_owned().await.map_err(full)?;
            // The thread keeps its place when the client has left, so that there are never more than so many.
            let job = tokio::task::spawn_blocking(move || {
                let _place = place;
                work(&self, bytes)
            });
            let failed = |_| {
                let message = "the song could not be worked on".to_owned();
                Refusal(StatusCode::INTERNAL_SERVER_ERROR, message)
            };
            let refused = |error| Refusal(StatusCode::UNPROCESSABLE_ENTITY, format!("{error:#}"));
            job.await.map_err(failed)?.map_err(refused)
        };
        let Ok(answer) = tokio::time::timeout(limits.timeout, answered).await else {
            let message = format!("the request took more than {} s", limits.timeout.as_secs());
            return Err(Refusal(StatusCode::REQUEST_TIMEOUT, message));
        };
        answer.map(Json)
    }
}

async fn model(State(server): State<Arc<Server>>) -> Json<Value> {
    let model = server.judge.classifier.model();
    let segment = model.config().map(|config| config.segment.seconds());
    Json(json!({
        "classes": model.classes(),
        "segment_seconds": segment,
        "max_upload_bytes": server.limits.upload,
        "max_seconds": server.limits.seconds,
        "tells_nearest": server.judge.neighbors.is_some(),
    }))
}

/// The share of an upload that is decoded; `null` before and after that.
async fn progress(State(server): State<Arc<Server>>, Query(asked): Query<Asked>) -> Json<Value> {
    Json(json!({ "decoded": asked.id.and_then(|id| server.decodings.share(id)) }))
}

/// The verdict on a song, as `cepstrum classify --json` prints it.
async fn classify(
    State(server): State<Arc<Server>>,
    Query(asked): Query<Asked>,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let work = move |server: &Server, bytes| {
        server.judge.verdict(&server.decode(bytes, &asked)?)?.to_json(&asked.name)
    };
    server.work(body, work).await
}

/// The explanation of a segment of a song: what spoke for the verdict, as a picture and as sounds.
async fn explain(
    State(server): State<Arc<Server>>,
    Query(asked): Query<Asked>,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let work = move |server: &Server, bytes| {
        let (classifier, loaded) = (&server.judge.classifier, server.decode(bytes, &asked)?);
        let song = classifier.classify_samples(&loaded.samples)?;
        Ok(serde_json::to_value(listening::explain(classifier, &loaded.samples, &song, asked.segment)?)?)
    };
    server.work(body, work).await
}
