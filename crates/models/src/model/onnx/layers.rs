//! Layers as operators of ONNX. Images stay `[n, height, width, channels]`, as everywhere in this crate; where an operator
//! wants the channels first, it stands between two transpositions, which a runtime removes.

use super::graph::Graph;
use super::proto::Attribute::{Int, Ints};
use crate::layer::{BatchNorm, Gru, GruOutput, LayerSpec, MaxPool2d, Summarized, TimeStatistics};
use crate::network::Layer;
use crate::ops::Activation;
use crate::{Error, Result};

/// The orders of axes from channels last to channels first and back.
const TO_CHANNELS_FIRST: [i64; 4] = [0, 3, 1, 2];
const TO_CHANNELS_LAST: [i64; 4] = [0, 2, 3, 1];

/// Appends a layer to the graph.
pub(super) fn append(graph: &mut Graph, layer: &Layer) -> Result<()> {
    match layer.spec() {
        LayerSpec::Flatten(_) => graph.push("Flatten", &[], &[("axis", Int(1))]),
        LayerSpec::Dropout(_) => {}
        LayerSpec::Dense(dense) => {
            let (kernel, bias) = (weight(graph, layer, 0)?, weight(graph, layer, 1)?);
            graph.push("Gemm", &[&kernel, &bias], &[]);
            activate(graph, dense.activation);
        }
        LayerSpec::Conv2d(conv) => {
            let kernel = values(layer, 0)?;
            let [height, width] = conv.kernel;
            let (n_in, n_out) = (layer.input_shape()[2], conv.filters);
            let mut channels_first = Vec::with_capacity(kernel.len());
            for o in 0..n_out {
                for c in 0..n_in {
                    channels_first
                        .extend((0..height * width).map(|tap| kernel[(tap * n_in + c) * n_out + o]));
                }
            }
            let kernel = graph.floats(&[n_out, n_in, height, width], &channels_first);
            let bias = weight(graph, layer, 1)?;
            graph.push("Transpose", &[], &[("perm", Ints(&TO_CHANNELS_FIRST))]);
            graph.push("Conv", &[&kernel, &bias], &[("kernel_shape", Ints(&[height as i64, width as i64]))]);
            activate(graph, conv.activation);
            graph.push("Transpose", &[], &[("perm", Ints(&TO_CHANNELS_LAST))]);
        }
        LayerSpec::MaxPool2d(pool) => max_pool(graph, layer, pool),
        LayerSpec::BatchNorm(norm) => batch_norm(graph, layer, norm)?,
        LayerSpec::Gru(gru) => self::gru(graph, layer, gru)?,
        LayerSpec::GlobalAveragePool(_) => {
            let axes: Vec<i64> = (1..layer.input_shape().len() as i64).collect();
            graph.push("ReduceMean", &[], &[("axes", Ints(&axes)), ("keepdims", Int(0))]);
        }
        LayerSpec::TimeStatistics(statistics) => time_statistics(graph, layer, *statistics),
        LayerSpec::NearestNeighbors(_) | LayerSpec::CandleModule(_) => {
            return Err(Error::NotInOnnx { layer: layer.name().to_owned() });
        }
    }
    Ok(())
}

fn activate(graph: &mut Graph, activation: Activation) {
    if activation == Activation::Relu {
        graph.push("Relu", &[], &[]);
    }
}

fn max_pool(graph: &mut Graph, layer: &Layer, pool: &MaxPool2d) {
    let padding = [0, 1].map(|axis| {
        let (cells, side) = (layer.output_shape()[axis], layer.input_shape()[axis]);
        let (window, stride) = (pool.window[axis], pool.stride[axis]);
        let all = (cells.saturating_sub(1) * stride + window).saturating_sub(side);
        [all / 2, all - all / 2].map(|cells| cells as i64)
    });
    let [[top, bottom], [left, right]] = padding;
    let [window, stride] = [pool.window, pool.stride].map(|sides| sides.map(|side| side as i64));
    graph.push("Transpose", &[], &[("perm", Ints(&TO_CHANNELS_FIRST))]);
    let attributes = [
        ("kernel_shape", Ints(&window)),
        ("strides", Ints(&stride)),
        ("pads", Ints(&[top, left, bottom, right])),
    ];
    graph.push("MaxPool", &[], &attributes);
    graph.push("Transpose", &[], &[("perm", Ints(&TO_CHANNELS_LAST))]);
}

/// `x scale + shift`, with the statistics folded into both.
fn batch_norm(graph: &mut Graph, layer: &Layer, norm: &BatchNorm) -> Result<()> {
    let [gamma, beta, mean, variance] = [0, 1, 2, 3].map(|weight| values(layer, weight));
    let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
    let scale: Vec<f64> = gamma
        .iter()
        .zip(&variance)
        .map(|(gamma, variance)| f64::from(*gamma) / (f64::from(*variance) + norm.epsilon).sqrt())
        .collect();
    let shift: Vec<f32> = beta
        .iter()
        .zip(mean.iter().zip(&scale))
        .map(|(beta, (mean, scale))| (f64::from(*beta) - f64::from(*mean) * scale) as f32)
        .collect();
    let scale: Vec<f32> = scale.into_iter().map(|scale| scale as f32).collect();
    let (scale, shift) = (graph.floats(&[scale.len()], &scale), graph.floats(&[shift.len()], &shift));
    graph.push("Mul", &[&scale], &[]);
    graph.push("Add", &[&shift], &[]);
    Ok(())
}

/// Both have the gates in the order update, reset, new, and reset after the product.
fn gru(graph: &mut Graph, layer: &Layer, gru: &Gru) -> Result<()> {
    let (steps, units) = (layer.input_shape()[0], gru.units);
    let inputs: usize = layer.input_shape()[1..].iter().product();
    let transposed = |values: &[f32], rows: usize| -> Vec<f32> {
        (0..3 * units).flat_map(|column| (0..rows).map(move |row| values[row * 3 * units + column])).collect()
    };
    let kernel = graph.floats(&[1, 3 * units, inputs], &transposed(&values(layer, 0)?, inputs));
    let recurrent = graph.floats(&[1, 3 * units, units], &transposed(&values(layer, 1)?, units));
    let bias = graph.floats(&[1, 6 * units], &values(layer, 2)?);
    let shape = graph.integers(&[-1, steps as i64, inputs as i64]);
    graph.push("Reshape", &[&shape], &[]);
    graph.push("Transpose", &[], &[("perm", Ints(&[1, 0, 2]))]);
    let attributes = [("hidden_size", Int(units as i64)), ("linear_before_reset", Int(1))];
    match gru.output {
        GruOutput::Last => {
            graph.push_second("GRU", &[&kernel, &recurrent, &bias], &attributes);
            let direction = graph.integers(&[0]);
            graph.push("Squeeze", &[&direction], &[]);
        }
        GruOutput::Sequence => {
            graph.push("GRU", &[&kernel, &recurrent, &bias], &attributes);
            let direction = graph.integers(&[1]);
            graph.push("Squeeze", &[&direction], &[]);
            graph.push("Transpose", &[], &[("perm", Ints(&[1, 0, 2]))]);
        }
    }
    Ok(())
}

fn time_statistics(graph: &mut Graph, layer: &Layer, statistics: TimeStatistics) {
    if layer.input_shape().len() == 3 {
        let last = graph.integers(&[3]);
        graph.push("Squeeze", &[&last], &[]);
    }
    let x = graph.latest();
    let mut parts = mean_and_deviation(graph, &x).to_vec();
    if statistics.summarized == Summarized::ValuesAndDeltas {
        let deltas = deltas(graph, &x, layer.input_shape()[0]);
        parts.extend(mean_and_deviation(graph, &deltas));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let all = graph.apply("Concat", &parts, &[("axis", Int(1))]);
    graph.go_on_from(all);
}

/// Mean and standard deviation over the frames.
fn mean_and_deviation(graph: &mut Graph, x: &str) -> [String; 2] {
    let over_time = |keep| [("axes", Ints(&[1])), ("keepdims", Int(keep))];
    let mean = graph.apply("ReduceMean", &[x], &over_time(0));
    let kept = graph.apply("ReduceMean", &[x], &over_time(1));
    let centered = graph.apply("Sub", &[x, &kept], &[]);
    let squares = graph.apply("Mul", &[&centered, &centered], &[]);
    let variance = graph.apply("ReduceMean", &[&squares], &over_time(0));
    let least = graph.floats(&[], &[TimeStatistics::MIN_VARIANCE as f32]);
    let variance = graph.apply("Max", &[&variance, &least], &[]);
    [mean, graph.apply("Sqrt", &[&variance], &[])]
}

/// The slope of a line through every frame and its neighbors.
fn deltas(graph: &mut Graph, x: &str, n_frames: usize) -> String {
    let reach = TimeStatistics::REACH;
    let n_deltas = n_frames - 2 * reach;
    let axes = graph.integers(&[1]);
    let from = |graph: &mut Graph, start: usize| {
        let (starts, ends) = (graph.integers(&[start as i64]), graph.integers(&[(start + n_deltas) as i64]));
        graph.apply("Slice", &[x, &starts, &ends, &axes], &[])
    };
    let scale = 2.0 * (1..=reach).map(|n| (n * n) as f64).sum::<f64>();
    let terms: Vec<String> = (1..=reach)
        .map(|n| {
            let (after, before) = (from(graph, reach + n), from(graph, reach - n));
            let difference = graph.apply("Sub", &[&after, &before], &[]);
            let weight = graph.floats(&[], &[(n as f64 / scale) as f32]);
            graph.apply("Mul", &[&difference, &weight], &[])
        })
        .collect();
    let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
    graph.apply("Sum", &terms, &[])
}

/// Adds a weight as a constant.
fn weight(graph: &mut Graph, layer: &Layer, at: usize) -> Result<String> {
    let values = values(layer, at)?;
    Ok(graph.floats(layer.weights()[at].var().dims(), &values))
}

/// The values of a weight, in row-major order.
fn values(layer: &Layer, at: usize) -> Result<Vec<f32>> {
    Ok(layer.weights()[at].var().flatten_all()?.to_vec1()?)
}
