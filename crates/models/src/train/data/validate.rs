//! Checks of data before it is used.

use cepstrum_dataset::ExtractConfig;
use serde_json::Value;

use super::DataSource;
use crate::{Error, Result};

/// Number of segments read at a time.
const PIECE: usize = 256;

/// Checks that a segment has the network's input shape, flattened or with a channel axis.
pub(crate) fn check_shape(data: &(impl DataSource + ?Sized), input_shape: &[usize]) -> Result<()> {
    let [n_frames, n_coefficients] = data.segment_shape();
    let fits = match *input_shape {
        [frames, coefficients] | [frames, coefficients, 1] => [frames, coefficients] == data.segment_shape(),
        [values] => values == n_frames * n_coefficients,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Error::FeatureShape { expected: input_shape.to_vec(), n_frames, n_coefficients })
}

/// Checks that features were extracted with the expected settings; the error names the first setting that differs.
///
/// Features of unknown origin pass: only their shape can be checked.
pub(crate) fn check_config(
    part: &'static str,
    expected: Option<&ExtractConfig>,
    actual: Option<&ExtractConfig>,
) -> Result<()> {
    let (Some(expected), Some(actual)) = (expected, actual) else { return Ok(()) };
    if expected == actual {
        return Ok(());
    }
    let (expected, actual) = (serde_json::to_value(expected)?, serde_json::to_value(actual)?);
    let (field, expected, actual) = first_difference(&expected, &actual).unwrap_or_default();
    Err(Error::Config { part, field, expected, actual })
}

/// The path and the two values of the first difference, in the order of the keys.
pub(crate) fn first_difference(expected: &Value, actual: &Value) -> Option<(String, String, String)> {
    if let (Value::Object(left), Value::Object(right)) = (expected, actual) {
        let keys: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
        return keys.into_iter().find_map(|key| {
            let side =
                |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
            let (path, left, right) = first_difference(&side(left), &side(right))?;
            let path = if path.is_empty() { key.clone() } else { format!("{key}.{path}") };
            Some((path, left, right))
        });
    }
    (expected != actual).then(|| (String::new(), expected.to_string(), actual.to_string()))
}

/// Checks that every label is below `n_classes`.
pub(crate) fn check_labels(
    part: &'static str,
    segments: &[usize],
    labels: &[u32],
    n_classes: usize,
) -> Result<()> {
    match segments.iter().zip(labels).find(|(_, label)| **label as usize >= n_classes) {
        Some((&segment, &label)) => Err(Error::LabelOutOfRange { part, segment, label, n_classes }),
        None => Ok(()),
    }
}

/// Reads all data once: checks every label and every value, and passes them to `visit`, segment by segment.
pub(crate) fn validate_all<D: DataSource + ?Sized>(
    part: &'static str,
    data: &D,
    n_classes: usize,
    mut visit: impl FnMut(&[u32], &[f32]),
) -> Result<()> {
    if data.is_empty() {
        return Err(Error::NoData { part });
    }
    let [n_frames, n_coefficients] = data.segment_shape();
    let size = n_frames * n_coefficients;
    let order: Vec<usize> = (0..data.len()).collect();
    let mut features = vec![0.0; PIECE.min(order.len()) * size];
    let mut labels = vec![0; PIECE.min(order.len())];
    for segments in order.chunks(PIECE) {
        let (features, labels) = (&mut features[..segments.len() * size], &mut labels[..segments.len()]);
        data.read(segments, features, labels)?;
        check_labels(part, segments, labels, n_classes)?;
        if let Some(at) = features.iter().position(|value| !value.is_finite()) {
            let (segment, within) = (segments[at / size], at % size);
            let (frame, coefficient) = (within / n_coefficients, within % n_coefficients);
            return Err(Error::NonFiniteFeature { part, segment, frame, coefficient, value: features[at] });
        }
        visit(labels, features);
    }
    Ok(())
}
