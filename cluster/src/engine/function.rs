//! The function that works on a shard, as the engine calls it.

use std::hash::{Hash, Hasher};
use std::io;
use std::sync::Arc;
use std::thread;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::{DataType, UInt32Type};
use datafusion::common::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::shard::Worker;
use crate::{Done, Error};

/// The name that scheduler and executors know the function by.
pub(super) const FUNCTION: &str = "cepstrum_shard";

/// The function `cepstrum_shard(shard: u32, out: text) -> text`.
#[derive(Debug)]
struct ShardFunction {
    signature: Signature,
    /// What does the work; clients and schedulers, which only plan, have none.
    worker: Option<Arc<Worker>>,
}

/// The function for an executor, or, without a worker, for those who only plan.
pub(super) fn shard_function(worker: Option<Arc<Worker>>) -> ScalarUDF {
    // Volatile: each call writes files, and none may be left out or done beforehand.
    let signature = Signature::exact(vec![DataType::UInt32, DataType::Utf8], Volatility::Volatile);
    ScalarUDF::from(ShardFunction { signature, worker })
}

impl PartialEq for ShardFunction {
    fn eq(&self, other: &Self) -> bool {
        self.signature == other.signature
    }
}

impl Eq for ShardFunction {}

impl Hash for ShardFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        FUNCTION.hash(state);
    }
}

impl ScalarUDFImpl for ShardFunction {
    fn name(&self) -> &str {
        FUNCTION
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> EngineResult<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> EngineResult<ColumnarValue> {
        let Some(worker) = &self.worker else {
            return Err(DataFusionError::Execution(format!("{FUNCTION} runs on executors only")));
        };
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let [shards, outs] = arrays.as_slice() else {
            return Err(DataFusionError::Execution(format!("{FUNCTION} takes a shard and a folder")));
        };
        let (shards, outs) = (shards.as_primitive::<UInt32Type>(), outs.as_string::<i32>());
        let records = (0..shards.len()).map(|row| run(worker, outs.value(row), shards.value(row)));
        let records: ArrayRef = Arc::new(StringArray::from(records.collect::<EngineResult<Vec<_>>>()?));
        Ok(ColumnarValue::Array(records))
    }
}

/// Works on a shard on a thread of its own, for that of the engine must not wait for requests.
fn run(worker: &Worker, out: &str, shard: u32) -> EngineResult<String> {
    let panicked = || Err(Error::Engine { cause: format!("the work on shard {shard} panicked") });
    let result = thread::scope(|scope| {
        let work = thread::Builder::new().name(format!("shard {shard}"));
        match work.spawn_scoped(scope, || worker.run_in(out, shard)) {
            Ok(work) => work.join().unwrap_or_else(|_| panicked()),
            Err(error) => Err(error.into()),
        }
    });
    result.and_then(|done: Done| Ok(serde_json::to_string(&done)?)).map_err(|error| {
        let message = format!("shard {shard} on {}: {error}", worker.name);
        // The engine tries a task again after errors of input and output, and after no other.
        if error.is_transient() {
            DataFusionError::IoError(io::Error::other(message))
        } else {
            DataFusionError::Execution(message)
        }
    })
}
