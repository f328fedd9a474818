//! `TFRecord` framing.

use std::io::{self, Write};

use cepstrum_models::pretrained::masked_crc32c as masked;

/// Writes one record: length, checksum of the length, data, checksum of the data, little-endian.
pub(crate) fn write(out: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&masked(&length).to_le_bytes())?;
    out.write_all(data)?;
    out.write_all(&masked(data).to_le_bytes())
}
