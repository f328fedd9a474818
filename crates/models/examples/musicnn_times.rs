//! Time of `MusiCnn` for a song: `musicnn_times WHEEL SAMPLES HOP [OUT]`, with samples at 16 kHz as little-endian f32.
//!
//! `tests/golden/musicnn_reference.py` does the same in TensorFlow. With a folder OUT, the values are written there in the
//! same layout.

use std::path::Path;
use std::time::Instant;

use cepstrum_models::ndarray::Array2;
use cepstrum_models::pretrained::MusiCnn;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wheel, samples, hop, out @ ..] = arguments.as_slice() else {
        return Err("usage: musicnn_times WHEEL SAMPLES HOP [OUT]".into());
    };
    let start = Instant::now();
    let musicnn = MusiCnn::from_wheel(wheel)?;
    println!("weights {} in {:.3} s", musicnn.weights_hash(), start.elapsed().as_secs_f64());
    let samples: Vec<f32> =
        std::fs::read(samples)?.as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word)).collect();
    let hop = hop.parse()?;
    let mut windows = musicnn.windows(&samples, hop)?;
    for _ in 0..3 {
        let start = Instant::now();
        windows = musicnn.windows(&samples, hop)?;
        println!("{} windows in {:.3} s", windows.tags.nrows(), start.elapsed().as_secs_f64());
    }
    let Some(out) = out.first() else { return Ok(()) };
    let parts: [(&str, &Array2<f32>); 4] = [
        ("tags", &windows.tags),
        ("penultimate", &windows.penultimate),
        ("mean_pool", &windows.mean_pool),
        ("max_pool", &windows.max_pool),
    ];
    for (name, values) in parts {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(Path::new(out).join(format!("{name}.f32")), bytes)?;
    }
    Ok(())
}
