use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// The position of one mel filter: its first bin, and its weights' range in the list of all weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    pub(crate) first_bin: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Reduces spectra `[n_bins]` to mel bands `[n_mels]`.
pub(crate) struct MelKernel<'a, T> {
    pub(crate) filters: &'a [Band],
    pub(crate) weights: &'a [T],
    pub(crate) spectra: &'a [Lanes<T>],
    pub(crate) bands: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for MelKernel<'_, T> {
    /// Four accumulators per band, to break the chain of dependent additions.
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        for (y, filter) in self.bands.iter_mut().zip(self.filters) {
            let weights = &self.weights[filter.start..filter.end];
            let spectra = &self.spectra[filter.first_bin..][..weights.len()];
            let ((weights, rest), (spectra, rest_spectra)) =
                (weights.as_chunks::<4>(), spectra.as_chunks::<4>());
            let mut sums = [arch.constant(0.0); 4];
            for (w, s) in weights.iter().zip(spectra) {
                for i in 0..4 {
                    sums[i] = arch.mul_add(arch.splat(w[i]), arch.load(&s[i]), sums[i]);
                }
            }
            for (i, (&w, s)) in rest.iter().zip(rest_spectra).enumerate() {
                sums[i] = arch.mul_add(arch.splat(w), arch.load(s), sums[i]);
            }
            arch.store(arch.add(arch.add(sums[0], sums[1]), arch.add(sums[2], sums[3])), y);
        }
    }
}
