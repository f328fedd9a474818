//! The error type of this crate.

use std::io;

/// A [`Result`](std::result::Result) of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that ends a command or a shard. A track that cannot be used is not among them: it is a row with its cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error in one file or folder, local or remote.
    #[error("{path}: {cause}")]
    InFile {
        /// The file or folder.
        path: String,
        /// The error itself.
        cause: Box<Error>,
    },
    /// The operating system refused to read or write.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// An object store refused to read or write.
    #[error(transparent)]
    Objects(#[from] object_store::Error),
    /// A file is not Parquet, or has values of another kind than it should.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Columns do not fit together, or cannot be read as text.
    #[error(transparent)]
    Arrow(#[from] arrow_schema::ArrowError),
    /// A file is not a table of comma-separated values.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A file is not the JSON that it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The configuration of the features is illegal, or its network is missing.
    #[error(transparent)]
    Dataset(#[from] cepstrum_dataset::Error),
    /// A model cannot be used.
    #[error(transparent)]
    Models(#[from] cepstrum_models::Error),

    /// A manifest lacks a column.
    #[error("the manifest has no column \"{column}\"; it has {found}")]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A column of a manifest has the name of one that the parts have.
    #[error("the manifest's column \"{column}\" has the name of a column of the results; rename it")]
    TakenColumn {
        /// The column.
        column: String,
    },
    /// Two rows of a manifest name the same file.
    #[error("rows {first} and {second} of the manifest name the same path, {path}")]
    DuplicatePath {
        /// The path.
        path: String,
        /// The first row, from 1.
        first: usize,
        /// The second row, from 1.
        second: usize,
    },
    /// A value of a manifest cannot be used.
    #[error("row {row} of the manifest: {column} must be {bound}, not \"{value}\"")]
    ManifestValue {
        /// The row, from 1.
        row: usize,
        /// The column.
        column: &'static str,
        /// What it must be.
        bound: &'static str,
        /// What it is.
        value: String,
    },
    /// No track is left to be worked on: the manifest is empty, or a pattern matches nothing.
    #[error("there is no track in it")]
    NoTracks,

    /// A path lies in no folder that may be read.
    #[error("{path} lies outside the roots {roots}")]
    OutsideRoots {
        /// The path.
        path: String,
        /// The roots.
        roots: String,
    },
    /// The scheme of an address is none that is read here.
    #[error("{location}: the scheme must be file, s3, http or https")]
    Scheme {
        /// The address.
        location: String,
    },
    /// Nothing tells who asks an object store.
    #[error(
        "{location}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
         AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_METADATA_ENDPOINT, or \
         AWS_SKIP_SIGNATURE=true for a public bucket"
    )]
    CredentialsMissing {
        /// The address.
        location: String,
    },

    /// An output folder holds the results of another job.
    #[error(
        "{location} holds results of another {what}: {actual} there, {expected} now; choose another folder"
    )]
    OtherJob {
        /// The output folder.
        location: String,
        /// What differs: configuration, manifest or version.
        what: &'static str,
        /// The value now.
        expected: String,
        /// The value in the folder.
        actual: String,
    },
    /// A folder holds no job of this program.
    #[error("{location} holds no job: there is no {file}")]
    NoJob {
        /// The output folder.
        location: String,
        /// The file that is missing.
        file: String,
    },
    /// An executor is not the one that the job was planned for.
    #[error("executor {executor} is refused: it has {what} {actual}, the job needs {expected}")]
    OtherExecutor {
        /// The executor.
        executor: String,
        /// What differs.
        what: &'static str,
        /// What the job needs.
        expected: String,
        /// What the executor has.
        actual: String,
    },
    /// Too many decoders or reads of one shard hang.
    #[error("{count} threads of shard {shard} hang, the last at {path}")]
    Hanging {
        /// The shard.
        shard: u32,
        /// Number of threads.
        count: usize,
        /// The track of the last.
        path: String,
    },
    /// No executor has offered itself.
    #[error(
        "no executor has registered with {scheduler} in {seconds} s; start one with `cepstrum-cluster executor --scheduler {scheduler}`"
    )]
    NoExecutor {
        /// The scheduler.
        scheduler: String,
        /// Seconds waited.
        seconds: u64,
    },
    /// The engine ended a job.
    #[error("the engine ended the job: {cause}")]
    Engine {
        /// Its message.
        cause: String,
    },
    /// Shards are missing after all were worked on.
    #[error("{missing} of {shards} shards are missing, the first is {first}; run the command again")]
    Incomplete {
        /// Number of missing shards.
        missing: usize,
        /// Number of shards.
        shards: usize,
        /// The first of them.
        first: u32,
    },
}

impl Error {
    /// Attaches the file; an error that already names one stays as it is.
    #[must_use]
    pub fn in_file(self, path: impl Into<String>) -> Self {
        match self {
            Self::InFile { .. } => self,
            bare => Self::InFile { path: path.into(), cause: Box::new(bare) },
        }
    }

    /// Returns whether the same work may succeed a little later: a disk, a network or an object store failed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::InFile { cause, .. } => cause.is_transient(),
            Self::Io(_) | Self::Hanging { .. } => true,
            Self::Objects(error) => crate::objects::is_transient(error),
            _ => false,
        }
    }
}

/// Attaches a file to the error of a result.
pub(crate) trait InFile<T> {
    /// The same result, with the file in its error.
    fn in_file(self, path: impl Into<String>) -> Result<T>;
}

impl<T, E: Into<Error>> InFile<T> for Result<T, E> {
    fn in_file(self, path: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.into().in_file(path))
    }
}
