use std::path::Path;

/// Writes mono samples between -1 and 1 as a 16-bit WAV file.
pub(crate) fn write(path: &Path, sample_rate: u32, samples: &[f32]) -> hound::Result<()> {
    let format = hound::WavSpec {
        channels: 1,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, format)?;
    for sample in samples {
        file.write_sample((sample * 32_767.0).round() as i16)?;
    }
    file.finalize()
}
