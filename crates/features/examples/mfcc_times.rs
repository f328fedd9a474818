//! This side of the benchmark `benches/peers/mfcc.py`: runs one task per line of its input and prints how many nanoseconds
//! it took. The script runs the other side between the lines.
//!
//! Usage: `mfcc_times SAMPLES_22050.f32 SAMPLES_44100.f32`, two files of little-endian `f32`. Tasks: `mfcc`, `floor`
//! (realfft's transforms of the same frames, with the copies that they need), `resample`, `batch 1`, `batch 2`.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use cepstrum_dsp::{Framing, resample};
use cepstrum_features::{Mfcc, MfccConfig, process_batch};
use ndarray::Array2;
use realfft::RealFftPlanner;

/// Number of clips in a batch.
const CLIPS: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1);
    let mut next = || read(&paths.next().ok_or("usage: mfcc_times SAMPLES_22050.f32 SAMPLES_44100.f32")?);
    let (music, original) = (next()?, next()?);

    let config = MfccConfig::default();
    let mut mfcc = Mfcc::new(&config)?;
    mfcc.reserve(music.len());
    let mut out = Array2::zeros((mfcc.n_frames(music.len()), mfcc.n_mfcc()));
    let mut floor = floor(mfcc.framing(), &music);
    let clips = vec![music.as_slice(); CLIPS];
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build();
    let pools = [pool(1)?, pool(2)?];

    for line in std::io::stdin().lock().lines() {
        let start = Instant::now();
        match line?.as_str() {
            "mfcc" => mfcc.process_into(black_box(&music), out.view_mut())?,
            "floor" => floor(),
            "resample" => drop(black_box(resample(black_box(&original), 44_100, 22_050)?)),
            "batch 1" => drop(black_box(process_batch(&config, &clips, &pools[0])?)),
            "batch 2" => drop(black_box(process_batch(&config, &clips, &pools[1])?)),
            other => return Err(format!("unknown task: {other}").into()),
        }
        println!("{}", start.elapsed().as_nanos());
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Reads a file of little-endian `f32`.
fn read(path: &str) -> Result<Vec<f32>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect())
}

/// The transforms alone, without window and power.
fn floor(framing: Framing, samples: &[f32]) -> impl FnMut() {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(framing.n_fft());
    let (mut frame, mut spectrum, mut scratch) =
        (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
    let mut padded = vec![0.0; framing.pad()];
    padded.extend_from_slice(samples);
    padded.resize(samples.len() + 2 * framing.pad(), 0.0);
    move || {
        for samples in padded.windows(framing.n_fft()).step_by(framing.hop_length()) {
            frame.copy_from_slice(samples);
            fft.process_with_scratch(&mut frame, &mut spectrum, &mut scratch)
                .expect("the buffers have the plan's lengths");
            black_box(&mut spectrum);
        }
    }
}
