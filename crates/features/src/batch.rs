use std::sync::{Mutex, PoisonError};

use cepstrum_dsp::Float;
use ndarray::Array2;
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::{Mfcc, MfccConfig, Result};

/// Computes the MFCCs of many signals in parallel, on the caller's threads. Requires the feature `rayon`.
///
/// Results are in the order of the signals and have the same bits for any number of threads. No global pool is involved;
/// without a pool, one [`Mfcc`] processes signals one after the other.
///
/// # Errors
/// As [`Mfcc::new`]. The error of a signal is that signal's entry of the result and does not affect the others.
///
/// ```
/// use cepstrum_features::{MfccConfig, process_batch};
///
/// let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
/// let clips = vec![vec![0.1_f32; 22_050], vec![], vec![0.2; 44_100]];
/// let found = process_batch(&MfccConfig::default(), &clips, &pool)?;
/// assert_eq!(found[0].as_ref().map(|m| m.dim()), Ok((44, 13)));
/// assert!(found[1].is_err());
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn process_batch<T: Float, S: AsRef<[T]> + Sync>(
    config: &MfccConfig,
    signals: &[S],
    pool: &ThreadPool,
) -> Result<Vec<Result<Array2<T>>>> {
    let first = Mfcc::new(config)?;
    let idle = Mutex::new(Vec::new());
    Ok(pool.install(|| {
        let work = |signal: &S| {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut mfcc = taken.unwrap_or_else(|| first.clone());
            let found = mfcc.process(signal.as_ref());
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(mfcc);
            found
        };
        // One signal per task, so that no thread is left with a large remainder while the others wait.
        signals.par_iter().with_max_len(1).map(work).collect()
    }))
}
