//! The table of layers that Keras prints.

use std::fmt;

use super::Sequential;

/// Layers of a network with their shapes and parameter counts; `Display` prints Keras's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    rows: Vec<Row>,
    trainable: usize,
    total: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    layer: String,
    shape: String,
    parameters: String,
}

impl Summary {
    pub(super) fn new(network: &Sequential) -> Self {
        let row = |layer: &super::Layer| Row {
            layer: format!("{} ({})", layer.name, layer.spec.ops().class_name()),
            shape: shape(&layer.output_shape),
            parameters: grouped(layer.n_parameters()),
        };
        Self {
            rows: network.layers.iter().map(row).collect(),
            trainable: network.n_trainable_parameters(),
            total: network.n_parameters(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head =
            Row { layer: "Layer".into(), shape: "Output shape".into(), parameters: "Parameters".into() };
        let width = |column: fn(&Row) -> &str| {
            self.rows.iter().chain([&head]).map(|row| column(row).chars().count()).max().unwrap_or(0)
        };
        let (layer, shape) = (width(|row| &row.layer), width(|row| &row.shape));
        let parameters = width(|row| &row.parameters);
        let rule = "-".repeat(layer + shape + parameters + 4);
        let mut line = |row: &Row| {
            writeln!(f, "{:layer$}  {:shape$}  {:>parameters$}", row.layer, row.shape, row.parameters)
        };
        line(&head)?;
        let rows = self.rows.iter().try_for_each(&mut line);
        rows?;
        writeln!(f, "{rule}")?;
        writeln!(f, "Total parameters: {}", grouped(self.total))?;
        writeln!(f, "Trainable: {}", grouped(self.trainable))?;
        write!(f, "Not trainable: {}", grouped(self.total - self.trainable))
    }
}

/// `(None, 130, 13)`: the batch axis is Keras's `None`.
fn shape(shape: &[usize]) -> String {
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("(None, {})", axes.join(", "))
}

/// Digits in groups of three.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn counts_are_grouped() {
        assert_eq!(["5", "999", "1,000", "1,040,682"], [5, 999, 1000, 1_040_682].map(grouped).as_slice());
    }
}
