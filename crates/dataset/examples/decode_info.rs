//! Decodes files and tells of each what came out: one line of JSON per file, and the mono samples as little-endian
//! `f32` in `OUT/N.f32`, where N counts the files from 0. `tests/golden/collections.py` compares them with other decoders.
//!
//! ```sh
//! cargo run --release -p cepstrum-dataset --example decode_info -- OUT FILES...
//! ```

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum_dataset::Error;
use cepstrum_dataset::decode::AudioReader;
use serde_json::{Value, json};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let out = arguments.next().context("usage: decode_info OUT FILES...")?;
    fs::create_dir_all(&out)?;
    for (number, path) in arguments.enumerate() {
        let samples = Path::new(&out).join(format!("{number}.f32"));
        println!("{}", describe(Path::new(&path), &samples)?);
    }
    Ok(())
}

/// Decodes one file up to its end or its first error.
fn describe(path: &Path, out: &Path) -> Result<Value> {
    let start = Instant::now();
    let mut samples = BufWriter::new(fs::File::create(out)?);
    let mut line = json!({"path": path, "samples": 0});
    let error = match AudioReader::open(path) {
        Ok(mut reader) => {
            line["sample_rate"] = reader.sample_rate().into();
            line["channels"] = reader.channels().into();
            line["declared"] = reader.declared_len().into();
            let error = loop {
                match reader.next_block() {
                    Ok(Some(block)) => block.iter().try_for_each(|x| samples.write_all(&x.to_le_bytes()))?,
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            line["samples"] = reader.decoded().into();
            error
        }
        Err(error) => Some(error),
    };
    samples.flush()?;
    if let Some(error) = error {
        line["kind"] = kind(&error).into();
        line["error"] = error.cause().to_string().into();
    }
    line["seconds"] = start.elapsed().as_secs_f64().into();
    Ok(line)
}

/// The way in which a file is not right.
fn kind(error: &Error) -> &'static str {
    match error.cause() {
        Error::Damaged { .. } => "damaged",
        Error::Unsupported { .. } => "unsupported",
        _ => "refused",
    }
}
