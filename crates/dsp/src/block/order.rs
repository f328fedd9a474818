use super::kernel::{ExtremesKernel, MedianKernel};
use super::{LANES, Lanes, Task};
use crate::error::check_length;
use crate::{Error, Float, Result};

/// The median over a window that runs along the values of each frame.
///
/// `y[i]` is the value of rank `size / 2` (counted from 0) among `x[i - size / 2 .. i - size / 2 + size]`: the median of an
/// odd number of values. Beyond the ends `x` continues as its mirror image, the end values repeated. Matches
/// `scipy.ndimage.median_filter(mode="reflect")`. The window is kept sorted, so that time is proportional to `size`.
///
/// ```
/// use cepstrum_dsp::block::{Lanes, RunningMedian};
///
/// let x = [1.0, 9.0, 2.0, 3.0].map(|x| Lanes([x; 8]));
/// let mut y = [Lanes::default(); 4];
/// RunningMedian::new(3)?.process_block(&x, &mut y)?;
/// assert_eq!(y.map(|y| y.0[0]), [1.0, 2.0, 3.0, 3.0]);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RunningMedian<T> {
    sorted: Vec<Lanes<T>>,
}

impl<T: Float> RunningMedian<T> {
    /// Prepares a window of `size` values.
    ///
    /// # Errors
    /// [`Error::Count`] unless `1 <= size <= 4096`.
    pub fn new(size: usize) -> Result<Self> {
        const MAX: usize = 1 << 12;
        if size == 0 || size > MAX {
            return Err(Error::Count { name: "the median's window", min: 1, max: MAX, actual: size });
        }
        Ok(Self { sorted: vec![Lanes::default(); size] })
    }

    /// Number of values in the window.
    #[must_use]
    pub fn size(&self) -> usize {
        self.sorted.len()
    }

    /// Filters a block of finite values into another of the same length. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when the lengths differ.
    pub fn process_block(&mut self, input: &[Lanes<T>], output: &mut [Lanes<T>]) -> Result<()> {
        check_length("the medians", input.len(), output.len())?;
        if !input.is_empty() {
            T::run(Task::Median(MedianKernel { input, output, sorted: &mut self.sorted }));
        }
        Ok(())
    }
}

/// Finds the smallest and the largest values of each frame: as many as the two lists have places. The smallest come in
/// ascending, the largest in descending order.
///
/// Time grows with the number of places. Places beyond the number of values hold infinity, or minus infinity.
///
/// ```
/// use cepstrum_dsp::block::{Lanes, extremes};
///
/// let block = [3.0, 1.0, 2.0].map(|x| Lanes([x; 8]));
/// let (mut smallest, mut largest) = ([Lanes::default(); 2], [Lanes::default(); 1]);
/// extremes(&block, &mut smallest, &mut largest);
/// assert_eq!((smallest[0].0[0], smallest[1].0[0], largest[0].0[0]), (1.0, 2.0, 3.0));
/// ```
pub fn extremes<T: Float>(block: &[Lanes<T>], smallest: &mut [Lanes<T>], largest: &mut [Lanes<T>]) {
    smallest.fill(Lanes([T::of(f64::INFINITY); LANES]));
    largest.fill(Lanes([T::of(f64::NEG_INFINITY); LANES]));
    T::run(Task::Extremes(ExtremesKernel { block, smallest, largest }));
}
