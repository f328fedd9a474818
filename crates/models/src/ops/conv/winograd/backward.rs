use rayon::prelude::*;

use super::tiles::{TilePass, TileTransform, stride};
use super::{COMPONENTS, Plan, coefficient, offsets, product};
use crate::ops::conv::gradients::{BackwardPass, ConvGradients};
use crate::ops::kernels::elementwise::{add, add_rows, add_scaled};
use crate::ops::kernels::{Memory, Panels, RowLayout, Scratch, Source, TransposedProduct};

/// Tasks whose transforms are held at the same time: they bound the memory.
const TASKS_HELD: usize = 8;

/// The transforms of one task, which its share of the kernel's gradient is computed from.
struct TaskTransforms {
    input: Scratch,
    /// Of the gradient of the sums.
    output: Scratch,
    bias: Vec<f32>,
    n_rows: usize,
}

/// The gradients of the kernel and the bias, and of the input if it is asked for.
pub(in super::super) fn gradients(plan: &Plan, pass: &BackwardPass) -> ConvGradients {
    let BackwardPass { geometry: ref g, x, kernel, wrt, memory, .. } = *pass;
    let transposed = wrt.has_input().then(|| plan.transposed_kernel(kernel, memory));
    let mut d_x = memory.acquire_zeroed(if wrt.has_input() { x.len() } else { 0 });
    let mut d_components = Scratch::zeroed(memory, COMPONENTS * g.n_in * g.n_out);
    let mut bias = vec![0.0; g.n_out];
    let task = plan.task_images * g.image_len();
    for (round, x) in x.chunks(TASKS_HELD * task).enumerate() {
        let d_x = d_x.get_mut(round * TASKS_HELD * task..).unwrap_or_default();
        let d_x: Vec<_> =
            d_x.chunks_mut(task).map(Some).chain(std::iter::repeat_with(|| None)).take(TASKS_HELD).collect();
        let held: Vec<TaskTransforms> = (x.par_chunks(task).zip(d_x).enumerate())
            .map(|(index, (x, d_x))| {
                let first_image = (round * TASKS_HELD + index) * plan.task_images;
                let transforms = transform_task(plan, pass, x, first_image);
                if let (Some(d_x), Some(transposed)) = (d_x, &transposed) {
                    add_input_gradient(plan, &transforms, transposed, memory, d_x);
                }
                transforms
            })
            .collect();
        add_component_gradients(plan, &held, memory, &mut d_components);
        for task in held {
            add(&mut bias, &task.bias);
        }
    }
    let mut d_kernel = memory.acquire_zeroed(kernel.len());
    d_kernel.par_chunks_mut(g.n_in * g.n_out).enumerate().for_each(|(tap, d_tap)| {
        for (component, matrix) in d_components.chunks_exact(g.n_in * g.n_out).enumerate() {
            add_scaled(d_tap, coefficient(component, tap), matrix);
        }
    });
    ConvGradients { x: wrt.has_input().then_some(d_x), kernel: d_kernel, bias }
}

/// The transforms of one task's input `x` and of the gradient of its sums.
fn transform_task(plan: &Plan, pass: &BackwardPass, x: &[f32], first_image: usize) -> TaskTransforms {
    let (g, memory) = (&plan.geometry, pass.memory);
    let n_images = x.len() / g.image_len();
    let mut images = Scratch::new(memory, n_images * g.out_len());
    let mut bias = vec![0.0; g.n_out];
    for (index, image) in images.chunks_exact_mut(g.out_len()).enumerate() {
        pass.sums.write_rows(g, first_image + index, 0, image);
        add_rows(&mut bias, image);
    }
    let mut input = Scratch::new(memory, COMPONENTS * plan.input_len());
    let mut output = Scratch::new(memory, COMPONENTS * plan.output_len());
    plan.transform(plan.input, x, &mut input, |image| TileTransform::Input { image });
    plan.transform(plan.output, &images, &mut output, |image| TileTransform::OutputGradient { image });
    TaskTransforms { input, output, bias, n_rows: n_images * plan.n_tiles() }
}

/// Adds the gradient of one task's input to `d_x`.
fn add_input_gradient(
    plan: &Plan,
    task: &TaskTransforms,
    transposed: &[Panels],
    memory: &Memory,
    d_x: &mut [f32],
) {
    let g = &plan.geometry;
    let mut components = Scratch::new(memory, COMPONENTS * plan.input_len());
    let rows = offsets(task.n_rows, g.n_out, g.n_in);
    let matrices =
        task.output.chunks_exact(plan.output_len()).zip(components.chunks_exact_mut(plan.input_len()));
    for (b, (a, c)) in transposed.iter().zip(matrices) {
        product(a, b, &rows, c);
    }
    for (index, image) in d_x.chunks_exact_mut(g.image_len()).enumerate() {
        TilePass {
            of: plan.input,
            matrices: &mut components,
            component_len: plan.input_len(),
            first_row: index * plan.n_tiles(),
            transform: TileTransform::InputGradient { image },
        }
        .run();
    }
}

/// Adds the shares of some tasks, in their order, to the gradient of the transformed kernel.
fn add_component_gradients(plan: &Plan, tasks: &[TaskTransforms], memory: &Memory, d_components: &mut [f32]) {
    let g = &plan.geometry;
    d_components.par_chunks_mut(g.n_in * g.n_out).enumerate().for_each(|(component, c)| {
        for TaskTransforms { input, output, n_rows, .. } in tasks {
            let data = &output[component * plan.output_len()..][..plan.output_len()];
            let b = Panels::new(Source::Rows { data, stride: stride(g.n_out) }, *n_rows, g.n_out, memory);
            let layout = &RowLayout::evenly_spaced(*n_rows, stride(g.n_in));
            let first = component * plan.input_len();
            TransposedProduct { a: input, layout, first, b: &b, c: &mut *c }.run();
        }
    });
}
