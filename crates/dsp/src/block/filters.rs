use realfft::num_complex::Complex;

use super::kernel::{FiltersKernel, MagnitudeKernel, Pass};
use super::{ComplexLanes, Lanes, Task};
use crate::error::check_length;
use crate::{Error, Float, Result};

/// Sparse complex filters that are applied to the spectra of each frame: `y[i] = sum_k w[i, k] x[k]` over the few bins `k`
/// that filter `i` lets pass.
///
/// ```
/// use cepstrum_dsp::Complex;
/// use cepstrum_dsp::block::{ComplexFilters, ComplexLanes, Lanes};
///
/// let filters = ComplexFilters::new(&[vec![(1, Complex::new(0.0, 2.0))]], 3)?; // 2i times bin 1 of 3
/// let one = ComplexLanes { re: Lanes([1.0_f32; 8]), im: Lanes([0.0; 8]) };
/// let mut y = [ComplexLanes::default()];
/// filters.process_block(&[one; 3], &mut y)?;
/// assert_eq!((y[0].re.0[0], y[0].im.0[0]), (0.0, 2.0));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ComplexFilters<T> {
    n_bins: usize,
    passes: Vec<Pass<T>>,
    ends: Vec<usize>,
}

impl<T: Float> ComplexFilters<T> {
    /// Rounds the weights: for each filter, the bins that it lets pass.
    ///
    /// # Errors
    /// [`Error::Count`] when a bin is not below `n_bins`.
    pub fn new(filters: &[Vec<(usize, Complex<f64>)>], n_bins: usize) -> Result<Self> {
        let mut passes = Vec::new();
        let mut ends = Vec::with_capacity(filters.len());
        for filter in filters {
            for &(bin, weight) in filter {
                if bin >= n_bins {
                    let max = n_bins.saturating_sub(1);
                    return Err(Error::Count { name: "a filter's bin", min: 0, max, actual: bin });
                }
                passes.push(Pass { bin, weight: [T::of(weight.re), T::of(weight.im)] });
            }
            ends.push(passes.len());
        }
        Ok(Self { n_bins, passes, ends })
    }

    /// Number of filters.
    #[must_use]
    pub fn n_filters(&self) -> usize {
        self.ends.len()
    }

    /// Applies the filters to spectra `[n_bins]`, into `[n_filters]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`].
    pub fn process_block(&self, spectra: &[ComplexLanes<T>], output: &mut [ComplexLanes<T>]) -> Result<()> {
        check_length("the filters' input", self.n_bins, spectra.len())?;
        check_length("the filters' output", self.ends.len(), output.len())?;
        let Self { passes, ends, .. } = self;
        T::run(Task::Filters(FiltersKernel { passes, ends, spectra, output }));
        Ok(())
    }
}

/// Computes the magnitudes of complex values.
///
/// # Errors
/// [`Error::BufferLength`] when the lengths differ.
pub fn magnitudes<T: Float>(input: &[ComplexLanes<T>], output: &mut [Lanes<T>]) -> Result<()> {
    check_length("the magnitudes", input.len(), output.len())?;
    T::run(Task::Magnitude(MagnitudeKernel { input, output }));
    Ok(())
}
