//! Features of each frame's spectrum.

mod contrast;
mod descriptors;
mod flatness;
mod levels;
mod poly;

pub use contrast::{ContrastScale, SpectralContrast, SpectralContrastConfig};
pub use descriptors::{Descriptors, DescriptorsConfig, SpectralDescriptors};
pub use flatness::{SpectralFlatness, SpectralFlatnessConfig};
pub use poly::{PolyFeatures, PolyFeaturesConfig};

pub(crate) use contrast::ContrastBlocks;
pub(crate) use descriptors::DescriptorBlocks;
pub(crate) use flatness::FlatnessBlocks;
pub(crate) use poly::PolyBlocks;
