use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use cepstrum::dataset::{ExtractConfig, FeatureConfig, FeatureSet, Front, Segment};
use cepstrum::models::Classifier;
use cepstrum::models::pretrained::{MusiCnn, MusiCnnFront, MusiCnnOutput};
use cepstrum::models::zoo::{Architecture, ModelName, Own, SimpleModel};

/// The models on the published network's features, with the names that the run gives them.
pub(super) const HEADS: [(&str, ModelName); 2] = [
    ("musicnn-logistic", ModelName::Simple(SimpleModel::Logistic)),
    ("musicnn-head", ModelName::Network(Architecture::Own(Own::Head))),
];

/// A published network and the features that it computes from the data.
pub(super) struct Pretrained {
    network: Arc<MusiCnn>,
    pub(super) features: FeatureSet,
}

impl Pretrained {
    /// Reads the network and computes its features.
    pub(super) fn extract(
        wheel: &Path,
        segment: Segment,
        extract: impl FnOnce(ExtractConfig, Arc<dyn Front>) -> Result<FeatureSet>,
    ) -> Result<Self> {
        let network = Arc::new(MusiCnn::from_wheel(wheel)?);
        let front = MusiCnnFront::new(Arc::clone(&network), MusiCnnOutput::Pooled);
        let config = ExtractConfig { features: FeatureConfig::Front(front.config()), segment };
        Ok(Self { features: extract(config, Arc::new(front))?, network })
    }

    /// The model with the network inside of it, so that it works alone.
    pub(super) fn embed(&self, model: &Classifier) -> Result<Classifier> {
        Ok(model.try_clone()?.with_embedded_front(Arc::clone(&self.network)))
    }
}
