//! The server's routes.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use cepstrum::dataset::{DamagePolicy, LoadConfig};
use cepstrum::models::GenreClassifier;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::page::{OPENAPI, PAGE};

/// The most that one request may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of an upload.
    pub(super) upload: usize,
    /// Seconds of a song that are decoded.
    pub(super) seconds: f64,
    pub(super) timeout: Duration,
    /// Songs that are classified at the same time; others wait.
    pub(super) at_once: usize,
}

/// A model and the limits of its use.
#[derive(Debug)]
pub(super) struct Server {
    classifier: GenreClassifier,
    limits: Limits,
    places: Arc<Semaphore>,
}

/// An error as the client sees it.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// The client's description of its song.
#[derive(Debug, Deserialize)]
struct Upload {
    /// File name, whose extension is a hint.
    #[serde(default)]
    name: String,
}

impl Server {
    pub(super) fn new(classifier: GenreClassifier, limits: Limits) -> Arc<Self> {
        Arc::new(Self { classifier, limits, places: Arc::new(Semaphore::new(limits.at_once.max(1))) })
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(|| async { Html(PAGE) }))
            .route("/openapi.json", get(|| async { ([(header::CONTENT_TYPE, "application/json")], OPENAPI) }))
            .route("/model", get(model))
            .route("/classify", post(classify))
            .with_state(self)
    }

    /// Decodes and classifies a song in memory.
    fn verdict(&self, bytes: Bytes, name: &str) -> Result<Value, Refusal> {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let config = LoadConfig {
            sample_rate: self.classifier.sample_rate(),
            damaged: DamagePolicy::KeepIntact,
            duration: Some(self.limits.seconds),
            ..LoadConfig::default()
        };
        let refused = |error: String| Refusal(StatusCode::UNPROCESSABLE_ENTITY, error);
        let loaded = config
            .load_from(Cursor::new(bytes), extension)
            .map_err(|error| refused(error.cause().to_string()))?;
        let song =
            self.classifier.classify_samples(&loaded.samples).map_err(|error| refused(error.to_string()))?;
        let mut verdict = serde_json::to_value(&song).map_err(|error| refused(error.to_string()))?;
        verdict["file"] = json!(name);
        verdict["seconds"] = json!(loaded.samples.len() as f64 / f64::from(self.classifier.sample_rate()));
        if let Some(damage) = loaded.damage {
            verdict["damage"] = json!(damage.cause().to_string());
        }
        Ok(verdict)
    }
}

async fn model(State(server): State<Arc<Server>>) -> Json<Value> {
    let model = server.classifier.model();
    let segment = model.config().map(|config| config.segment.seconds());
    Json(json!({
        "classes": model.classes(),
        "segment_seconds": segment,
        "max_upload_bytes": server.limits.upload,
        "max_seconds": server.limits.seconds,
    }))
}

async fn classify(
    State(server): State<Arc<Server>>,
    Query(Upload { name }): Query<Upload>,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let limits = server.limits;
    let work = async move {
        let bytes = to_bytes(body, limits.upload).await.map_err(|_| {
            let most = limits.upload / 1_000_000;
            Refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the upload was cut off or is larger than {most} MB"),
            )
        })?;
        if bytes.is_empty() {
            return Err(Refusal(StatusCode::BAD_REQUEST, "the upload is empty".to_owned()));
        }
        let full = |_| Refusal(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping".to_owned());
        let place = Arc::clone(&server.places).acquire_owned().await.map_err(full)?;
        // The thread keeps its place when the client has left, so that there are never more than so many.
        let job = tokio::task::spawn_blocking(move || {
            let _place = place;
            server.verdict(bytes, &name)
        });
        job.await.map_err(|_| {
            Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the song could not be classified".to_owned())
        })?
    };
    let Ok(verdict) = tokio::time::timeout(limits.timeout, work).await else {
        let seconds = limits.timeout.as_secs();
        return Err(Refusal(StatusCode::REQUEST_TIMEOUT, format!("the request took more than {seconds} s")));
    };
    verdict.map(Json)
}
