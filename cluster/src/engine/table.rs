//! The table of shards, one partition each, and its way from the client to the scheduler.

use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::serde::BallistaLogicalExtensionCodec;
use datafusion::arrow::array::{RecordBatch, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, TableReference};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, Extension, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;

/// A table with the column `shard` and a partition of one row per shard.
#[derive(Debug)]
pub(super) struct ShardTable {
    schema: SchemaRef,
    shards: Vec<u32>,
}

impl ShardTable {
    pub(super) fn new(shards: Vec<u32>) -> Self {
        let schema = Arc::new(Schema::new(vec![Field::new("shard", DataType::UInt32, false)]));
        Self { schema, shards }
    }
}

#[async_trait]
impl TableProvider for ShardTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let partition = |&shard: &u32| {
            let column = Arc::new(UInt32Array::from(vec![shard]));
            Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), vec![column])?])
        };
        let partitions = self.shards.iter().map(partition).collect::<Result<Vec<_>>>()?;
        let source = MemorySourceConfig::try_new(&partitions, self.schema(), projection.cloned())?;
        Ok(DataSourceExec::from_data_source(source))
    }
}

/// Ballista's codec, which knows the table of shards, too.
#[derive(Debug, Default)]
pub(super) struct ShardCodec {
    engine: BallistaLogicalExtensionCodec,
}

impl LogicalExtensionCodec for ShardCodec {
    fn try_decode(&self, bytes: &[u8], inputs: &[LogicalPlan], task: &TaskContext) -> Result<Extension> {
        self.engine.try_decode(bytes, inputs, task)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        self.engine.try_encode(node, bytes)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _name: &TableReference,
        _schema: SchemaRef,
        _task: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        let shards = bytes.as_chunks::<4>().0.iter().map(|&word| u32::from_le_bytes(word));
        Ok(Arc::new(ShardTable::new(shards.collect())))
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        let table = (table.as_ref() as &dyn std::any::Any).downcast_ref::<ShardTable>();
        let table =
            table.ok_or_else(|| DataFusionError::Plan(format!("the table {name} is not one of shards")))?;
        bytes.extend(table.shards.iter().flat_map(|shard| shard.to_le_bytes()));
        Ok(())
    }

    fn try_decode_file_format(&self, bytes: &[u8], task: &TaskContext) -> Result<Arc<dyn FileFormatFactory>> {
        self.engine.try_decode_file_format(bytes, task)
    }

    fn try_encode_file_format(&self, bytes: &mut Vec<u8>, format: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.engine.try_encode_file_format(bytes, format)
    }
}
