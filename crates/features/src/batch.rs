use std::sync::{Mutex, PoisonError};

use cepstrum_dsp::Float;
use ndarray::Array2;
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::{Mfcc, MfccConfig, Result};

/// The coefficients of many signals, in parallel on the caller's threads; needs the feature `rayon`.
///
/// Results come in the order of the signals and have the same bits for any number of threads. There is no global pool
/// behind this: without it, one [`Mfcc`] processes signals one after the other.
///
/// # Errors
/// As [`Mfcc::new`]; errors of a signal are its own entry of the result.
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
    let idle = Mutex::new(vec![Mfcc::new(config)?]);
    let take = || idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    Ok(pool.install(|| {
        let work = |signal: &S| {
            let mut mfcc = take().map_or_else(|| Mfcc::new(config), Ok)?;
            let found = mfcc.process(signal.as_ref());
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(mfcc);
            found
        };
        // One signal at a time: the last ones, not a quarter of the batch, decide when all threads are done.
        signals.par_iter().with_max_len(1).map(work).collect()
    }))
}
