use std::sync::OnceLock;

use candle_core::{Shape, Tensor};
use rayon::prelude::*;

use super::args::{Arg, tensor, with_slice};
use super::kernels::elementwise::{add, add_rows};
use super::kernels::{Init, Offsets, Panels, Product, RowLayout, Source, TransposedProduct};
use super::record::{Operation, WithRespectTo, apply};
use super::{Activation, Memory, Result, portable};

const OP: &str = "gru";

/// Sequences in one task: a constant, so that sums do not depend on the number of threads.
const TASK: usize = 6;

/// The states of a gated recurrent unit, from the projections of its inputs and an initial state of zeros:
///
/// ```text
/// [a_z, a_r, a_h] = states[t - 1] kernel + bias
/// z = sigmoid(x_z + a_z),  r = sigmoid(x_r + a_r),  h = tanh(x_h + r a_h)
/// states[t] = z states[t - 1] + (1 - z) h
/// ```
///
/// # Shapes
/// `x` `[n, steps, 3 units]`, the inputs times their own kernel plus their own bias, in the order z, r, h; `kernel`
/// `[units, 3 units]`, `bias` `[3 units]`; the result is `[n, steps, units]`. (Keras: `GRU(reset_after=True)`.)
///
/// # Errors
/// [`OpError::Rank`](super::OpError::Rank), [`OpError::Shape`](super::OpError::Shape) or
/// [`OpError::Empty`](super::OpError::Empty) if the shapes do not fit each other or have an axis of length 0,
/// [`OpError::Type`](super::OpError::Type) or [`OpError::Device`](super::OpError::Device) if a tensor does not hold `f32`
/// on the CPU.
///
/// # References
/// Cho et al. (2014), arXiv:1406.1078.
pub fn gru(x: &Tensor, kernel: &Tensor, bias: &Tensor) -> Result<Tensor> {
    gru_with(x, kernel, bias, &Memory::none())
}

/// [`gru`] with a memory to allocate from.
pub(crate) fn gru_with(x: &Tensor, kernel: &Tensor, bias: &Tensor, memory: &Memory) -> Result<Tensor> {
    let args = Arg::named(OP, [("x", x), ("kernel", kernel), ("bias", bias)]);
    let [x, kernel, bias] = args;
    let [n, steps, _] = x.axes()?;
    let [units, _] = kernel.axes()?;
    kernel.check_shape(&[units, 3 * units])?;
    kernel.check_not_empty()?;
    bias.check_shape(&[3 * units])?;
    x.check_shape(&[n, steps, 3 * units])?;
    x.check_not_empty()?;
    let arguments = Arg::floats(args)?;
    if memory.is_portable(&arguments[0]) {
        return Ok(portable::gru::gru(arguments.each_ref())?);
    }
    apply(Gru { steps, units, saved: OnceLock::new(), memory: memory.clone() }, arguments)
}

struct Gru {
    steps: usize,
    units: usize,
    /// z, r, h and `a_h` of every state, `[n, steps, 4 units]`.
    saved: OnceLock<Vec<f32>>,
    memory: Memory,
}

/// The gradients of one task: of its inputs, and its shares of those of the kernel and the bias.
struct TaskGradients {
    x: Vec<f32>,
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Gru {
    /// Computes the states of some sequences, `[sequences, steps, units]`, and saves what their gradient needs.
    fn propagate(&self, x: &[f32], kernel: &Panels, bias: &[f32], states: &mut [f32], saved: &mut [f32]) {
        let (units, steps) = (self.units, self.steps);
        let n = states.len() / (steps * units);
        let rows: Vec<_> = (0..n).map(|row| Offsets { a: row * units, c: row * 3 * units }).collect();
        let (mut old, mut sums) = (vec![0.0; n * units], vec![0.0; n * 3 * units]);
        for step in 0..steps {
            let (init, activation) = (Init::Bias(bias), Activation::Linear);
            Product { a: &old, b: kernel, depth: 0..units, rows: &rows, c: &mut sums, init, activation }
                .run();
            for (row, sums) in sums.chunks_exact(3 * units).enumerate() {
                let at = row * steps + step;
                let x = &x[at * 3 * units..][..3 * units];
                let saved = &mut saved[at * 4 * units..][..4 * units];
                for unit in 0..units {
                    let z = sigmoid(x[unit] + sums[unit]);
                    let r = sigmoid(x[units + unit] + sums[units + unit]);
                    let a = sums[2 * units + unit];
                    let h = (x[2 * units + unit] + r * a).tanh();
                    let state = &mut old[row * units + unit];
                    *state = z * *state + (1.0 - z) * h;
                    states[at * units + unit] = *state;
                    for (place, value) in [z, r, h, a].into_iter().enumerate() {
                        saved[place * units + unit] = value;
                    }
                }
            }
        }
    }

    /// Goes backward through the steps of some sequences.
    fn task_gradients(
        &self,
        states: &[f32],
        saved: &[f32],
        grad: &[f32],
        transposed: &Panels,
    ) -> TaskGradients {
        let (units, steps) = (self.units, self.steps);
        let n = states.len() / (steps * units);
        let mut d_x = vec![0.0; n * steps * 3 * units];
        // Step by step, `[steps, sequences, ..]`: the gradient of the sums, and the states that they were computed from.
        let (mut d_sums, mut old) = (vec![0.0; n * steps * 3 * units], vec![0.0; n * steps * units]);
        let mut d_state = vec![0.0; n * units];
        let rows: Vec<_> = (0..n).map(|row| Offsets { a: row * 3 * units, c: row * units }).collect();
        for step in (0..steps).rev() {
            let d_sums = &mut d_sums[step * n * 3 * units..][..n * 3 * units];
            let old = &mut old[step * n * units..][..n * units];
            for row in 0..n {
                let at = row * steps + step;
                let (d_x, d_sums) =
                    (&mut d_x[at * 3 * units..][..3 * units], &mut d_sums[row * 3 * units..][..3 * units]);
                let (old, saved) = (&mut old[row * units..][..units], &saved[at * 4 * units..][..4 * units]);
                if step > 0 {
                    old.copy_from_slice(&states[(at - 1) * units..][..units]);
                }
                for unit in 0..units {
                    let [z, r, h, a] = [0, 1, 2, 3].map(|place| saved[place * units + unit]);
                    let d = d_state[row * units + unit] + grad[at * units + unit];
                    let d_z = d * (old[unit] - h) * z * (1.0 - z);
                    let d_h = d * (1.0 - z) * (1.0 - h * h);
                    let d_r = d_h * a * r * (1.0 - r);
                    d_state[row * units + unit] = d * z;
                    for (place, (of_x, of_sum)) in
                        [(d_z, d_z), (d_r, d_r), (d_h, d_h * r)].into_iter().enumerate()
                    {
                        d_x[place * units + unit] = of_x;
                        d_sums[place * units + unit] = of_sum;
                    }
                }
            }
            let (c, init, activation) = (&mut d_state, Init::Accumulate, Activation::Linear);
            Product { a: d_sums, b: transposed, depth: 0..3 * units, rows: &rows, c, init, activation }.run();
        }
        let mut kernel = vec![0.0; units * 3 * units];
        let source = Source::Rows { data: &d_sums, stride: 3 * units };
        let b = Panels::new(source, n * steps, 3 * units, &self.memory);
        let layout = RowLayout::evenly_spaced(n * steps, units);
        TransposedProduct { a: &old, layout: &layout, first: 0, b: &b, c: &mut kernel }.run();
        let mut bias = vec![0.0; 3 * units];
        add_rows(&mut bias, &d_sums);
        TaskGradients { x: d_x, kernel, bias }
    }
}

impl Operation for Gru {
    const NAME: &'static str = OP;

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn output_shape(&self, x: &Shape) -> Shape {
        (x.dims()[0], self.steps, self.units).into()
    }

    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32> {
        let (units, size) = (self.units, self.steps * self.units);
        let kernel =
            Panels::new(Source::Rows { data: kernel, stride: 3 * units }, units, 3 * units, &self.memory);
        let n = x.len() / (3 * size);
        let (mut states, mut saved) = (vec![0.0; n * size], vec![0.0; 4 * n * size]);
        let tasks = states.par_chunks_mut(TASK * size).zip(saved.par_chunks_mut(4 * TASK * size));
        tasks.zip(x.par_chunks(3 * TASK * size)).for_each(|((states, saved), x)| {
            self.propagate(x, &kernel, bias, states, saved);
        });
        self.saved.get_or_init(|| saved);
        states
    }

    fn backward(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        states: &Tensor,
        grad: &Tensor,
        wrt: WithRespectTo,
    ) -> candle_core::Result<[Option<Tensor>; 3]> {
        let (units, size) = (self.units, self.steps * self.units);
        let Some(saved) = self.saved.get() else { return Ok([None, None, None]) };
        let transposed = with_slice(kernel, |kernel| {
            let source = Source::Columns { data: kernel, stride: 3 * units };
            Ok(Panels::new(source, 3 * units, units, &self.memory))
        })?;
        let tasks: Vec<TaskGradients> = with_slice::<f32, _>(states, |states| {
            with_slice::<f32, _>(grad, |grad| {
                let tasks = states.par_chunks(TASK * size).zip(saved.par_chunks(4 * TASK * size));
                let tasks = tasks.zip(grad.par_chunks(TASK * size));
                let gradients = |((states, saved), grad): ((&[f32], &[f32]), &[f32])| {
                    self.task_gradients(states, saved, grad, &transposed)
                };
                Ok(tasks.map(gradients).collect())
            })
        })?;
        let mut d_x = Vec::with_capacity(x.elem_count());
        let (mut d_kernel, mut d_bias) = (vec![0.0; kernel.elem_count()], vec![0.0; bias.elem_count()]);
        for task in tasks {
            d_x.extend_from_slice(&task.x);
            add(&mut d_kernel, &task.kernel);
            add(&mut d_bias, &task.bias);
        }
        Ok([
            wrt.has_input().then(|| tensor(d_x, x.dims())).transpose()?,
            Some(tensor(d_kernel, kernel.dims())?),
            Some(tensor(d_bias, bias.dims())?),
        ])
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
