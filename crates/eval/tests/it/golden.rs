//! The golden values that `make_metrics.py` wrote.

use ndarray::Array2;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Golden {
    pub(crate) counts: Vec<Counts>,
    pub(crate) probabilities: Vec<Scored>,
    pub(crate) ties: Ties,
    pub(crate) mcnemar: Vec<McNemar>,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) folds: Folds,
    pub(crate) voting: Voting,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Counts {
    pub(crate) name: String,
    pub(crate) n_classes: usize,
    pub(crate) truth: Vec<usize>,
    pub(crate) predicted: Vec<usize>,
    pub(crate) confusion: Vec<Vec<u64>>,
    pub(crate) accuracy: f64,
    pub(crate) precision: Vec<f64>,
    pub(crate) recall: Vec<f64>,
    pub(crate) f1: Vec<f64>,
    pub(crate) support: Vec<u64>,
    pub(crate) r#macro: [f64; 3],
    pub(crate) weighted: [f64; 3],
}

#[derive(Debug, Deserialize)]
pub(crate) struct Scored {
    pub(crate) name: String,
    pub(crate) truth: Vec<usize>,
    pub(crate) probabilities: Vec<Vec<f32>>,
    pub(crate) log_loss: f64,
    pub(crate) brier: f64,
    pub(crate) auc: Vec<f64>,
    pub(crate) auc_macro: f64,
    pub(crate) roc_first_class: [Vec<f64>; 2],
    pub(crate) top_k: Vec<f64>,
    pub(crate) ece: f64,
    pub(crate) bins: Vec<(usize, Option<f64>, Option<f64>)>,
    pub(crate) temperature: f64,
    pub(crate) tempered_log_loss: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Ties {
    pub(crate) truth: Vec<u8>,
    pub(crate) score: Vec<f64>,
    pub(crate) auc: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct McNemar {
    pub(crate) only_first: u64,
    pub(crate) only_second: u64,
    pub(crate) exact: f64,
    pub(crate) statistic: f64,
    pub(crate) chi_squared: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Bootstrap {
    pub(crate) tracks: Vec<Vec<u8>>,
    pub(crate) accuracy: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Folds {
    pub(crate) values: Vec<f64>,
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Voting {
    #[serde(rename = "track_of")]
    pub(crate) track_ids: Vec<usize>,
    pub(crate) truth: Vec<usize>,
    pub(crate) probabilities: Vec<Vec<f32>>,
    pub(crate) track_truth: Vec<usize>,
    pub(crate) mean_log: Vec<Vec<f64>>,
    pub(crate) majority: Vec<Vec<f64>>,
}

/// Rows of probabilities as an array.
pub(crate) fn rows(rows: &[Vec<f32>]) -> Array2<f32> {
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

pub(crate) fn load() -> Golden {
    serde_json::from_str(include_str!("../golden/metrics.json")).unwrap()
}
