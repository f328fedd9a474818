//! Clients of object stores and web servers, for threads that wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::http::HttpBuilder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use tokio::runtime::Handle;

use crate::location::Remote;
use crate::{Error, Result};

/// The clients of a process, one per store, and the runtime that they work on.
#[derive(Clone)]
pub struct Objects {
    runtime: Handle,
    clients: Arc<Mutex<BTreeMap<String, Arc<dyn ObjectStore>>>>,
}

/// What tells an object store who asks; any of these will do.
const CREDENTIALS: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_METADATA_ENDPOINT",
    "AWS_SKIP_SIGNATURE",
];
/// Tries of one request, and the time for all of them.
const TRIES: usize = 5;
const PATIENCE: Duration = Duration::from_mins(1);

impl Objects {
    /// Starts the runtime, which runs until the process ends.
    ///
    /// # Errors
    /// [`Error::Io`] when the system gives no thread.
    pub fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("objects".to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok(Self { runtime: handle, clients: Arc::default() })
    }

    /// The client of a store.
    ///
    /// # Errors
    /// [`Error::CredentialsMissing`], [`Error::Objects`] for settings that are wrong.
    pub(crate) fn client(&self, remote: &Remote) -> Result<Arc<dyn ObjectStore>> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(remote.base.as_str()) {
            return Ok(Arc::clone(client));
        }
        let client = connect(remote)?;
        clients.insert(remote.base.as_str().to_owned(), Arc::clone(&client));
        Ok(client)
    }

    /// Waits for a request, and makes it again when the network or the store fails: a client of its own accord does so only until
    /// the answer begins. Not to be called on a thread of a runtime.
    pub(crate) fn retry<T>(
        &self,
        request: impl AsyncFn() -> object_store::Result<T>,
    ) -> object_store::Result<T> {
        self.wait(async {
            let mut tries = 1;
            loop {
                match request().await {
                    Err(error) if tries < TRIES && is_transient(&error) => {
                        log::warn!("a request is made again: {error}");
                        tokio::time::sleep(Duration::from_millis(100 << tries)).await;
                        tries += 1;
                    }
                    result => return result,
                }
            }
        })
    }

    /// Waits for a request. Not to be called on a thread of a runtime.
    pub(crate) fn wait<T>(&self, request: impl Future<Output = T>) -> T {
        self.runtime.block_on(request)
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").finish_non_exhaustive()
    }
}

/// Returns whether the same request may succeed a little later.
pub(crate) fn is_transient(error: &object_store::Error) -> bool {
    !matches!(
        error,
        object_store::Error::NotFound { .. }
            | object_store::Error::InvalidPath { .. }
            | object_store::Error::NotSupported { .. }
            | object_store::Error::NotImplemented { .. }
            | object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. }
    )
}

fn connect(remote: &Remote) -> Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let base = remote.base.as_str();
    if remote.base.scheme() == "s3" {
        if !CREDENTIALS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
            return Err(Error::CredentialsMissing { location: base.to_owned() });
        }
        return Ok(Arc::new(AmazonS3Builder::from_env().with_url(base).with_retry(retry).build()?));
    }
    let options = ClientOptions::new().with_allow_http(true);
    Ok(Arc::new(HttpBuilder::new().with_url(base).with_client_options(options).with_retry(retry).build()?))
}
