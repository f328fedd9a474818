use super::kernel::{FlatnessKernel, MaximumKernel, PeaksKernel, SpreadKernel};
use super::{Lanes, Task};
use crate::Float;
use crate::Result;
use crate::error::check_length;

/// A block as a distribution over positions such as frequencies: its second moment about a center, and where a share of it is
/// reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread<T> {
    /// `sum_k (position[k] - center)^2 x[k]` of each frame.
    pub moment: Lanes<T>,
    /// Number of values whose running sum lies below the share: the index of the value that reaches it.
    pub before: Lanes<T>,
}

/// Computes the [`Spread`] of each frame, whose centers and shares (sums of the first values) are given.
///
/// # Errors
/// [`Error::BufferLength`](crate::Error::BufferLength) unless there is a position for each value.
///
/// ```
/// use cepstrum_dsp::block::{Lanes, spread};
///
/// let block = [1.0, 2.0, 1.0].map(|x| Lanes([x; 8]));
/// let found = spread(&block, &[10.0, 20.0, 30.0], &Lanes([20.0; 8]), &Lanes([2.5; 8]))?;
/// assert_eq!((found.moment.0[0], found.before.0[0]), (200.0, 1.0));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn spread<T: Float>(
    block: &[Lanes<T>],
    positions: &[T],
    center: &Lanes<T>,
    share: &Lanes<T>,
) -> Result<Spread<T>> {
    check_length("the positions", block.len(), positions.len())?;
    let (mut moment, mut before) = (Lanes::default(), Lanes::default());
    let (spread, before_mut) = (&mut moment, &mut before);
    T::run(Task::Spread(SpreadKernel { block, positions, center, share, spread, before: before_mut }));
    Ok(Spread { moment, before })
}

/// The sums of which means follow: arithmetic and geometric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSums<T> {
    /// `sum_k x[k]` of each frame.
    pub sum: Lanes<T>,
    /// `sum_k log10 x[k]` of each frame.
    pub log10_sum: Lanes<T>,
}

/// Sums the values of each frame and their logarithms, where values below `amin` count as `amin`.
///
/// One logarithm is taken of sixteen values: the logarithm of their product.
///
/// ```
/// use cepstrum_dsp::block::{Lanes, log_sums};
///
/// let found = log_sums(&[Lanes([10.0_f64; 8]), Lanes([1000.0; 8]), Lanes([0.0; 8])], 0.1);
/// assert!((found.sum.0[0] - 1010.1).abs() < 1e-9 && (found.log10_sum.0[0] - 3.0).abs() < 1e-12);
/// ```
pub fn log_sums<T: Float>(block: &[Lanes<T>], amin: T) -> LogSums<T> {
    let (mut sum, mut log10_sum) = (Lanes::default(), Lanes::default());
    let (amin, log_sum) = (amin.max(T::MIN_POSITIVE), &mut log10_sum);
    T::run(Task::Flatness(FlatnessKernel { block, amin, most: T::MAX, sum: &mut sum, log_sum }));
    LogSums { sum, log10_sum }
}

/// Finds the largest value of each frame; minus infinity of an empty block.
pub fn maximum<T: Float>(block: &[Lanes<T>]) -> Lanes<T> {
    let mut max = Lanes::default();
    T::run(Task::Maximum(MaximumKernel { block, max: &mut max }));
    max
}

/// Marks the local maxima of each frame that exceed the frame's level: 1 where a value exceeds its left neighbor and is not
/// exceeded by the right one, 0 elsewhere and at both ends.
///
/// # Errors
/// [`Error::BufferLength`](crate::Error::BufferLength) unless there is a mark for each value.
///
/// ```
/// use cepstrum_dsp::block::{Lanes, peaks};
///
/// let block = [0.0, 2.0, 1.0, 5.0, 5.0, 9.0].map(|x| Lanes([x; 8]));
/// let mut marks = [Lanes::default(); 6];
/// peaks(&block, &Lanes([3.0; 8]), &mut marks)?;
/// assert_eq!(marks.map(|mark| mark.0[0]), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn peaks<T: Float>(block: &[Lanes<T>], level: &Lanes<T>, marks: &mut [Lanes<T>]) -> Result<()> {
    check_length("the marks", block.len(), marks.len())?;
    marks.fill(Lanes::default());
    if block.len() > 2 {
        T::run(Task::Peaks(PeaksKernel { block, level, peaks: marks }));
    }
    Ok(())
}
