use super::kernel::{ClipKernel, DecibelKernel, SqrtKernel};
use super::{Lanes, Task};
use crate::Float;

/// Converts powers to decibels, in place: `10 log10(max(x, amin))`. Returns the largest result of each frame.
///
/// The first half of [`power_to_db`](crate::power_to_db); [`clip_to_reference`] is the second.
///
/// In `f32` the logarithm is a polynomial with a relative error of up to 2e-7. Results are finite whatever the input:
/// NaN and infinity count as the largest finite number, `amin` as at least the smallest positive normal number.
pub fn to_db<T: Float>(block: &mut [Lanes<T>], amin: T) -> Lanes<T> {
    let mut max = Lanes::default();
    let amin = amin.max(T::MIN_POSITIVE);
    T::run(Task::Decibel(DecibelKernel { block, amin, most: T::MAX, max: &mut max }));
    max
}

/// Raises every value to at least `floor` and subtracts `reference`, in place: `max(x, floor) - reference`, with a
/// floor and a reference per frame.
///
/// The second half of [`power_to_db`](crate::power_to_db), once the maximum that `top_db` refers to has been found.
pub fn clip_to_reference<T: Float>(block: &mut [Lanes<T>], floor: &Lanes<T>, reference: &Lanes<T>) {
    T::run(Task::Clip(ClipKernel { block, floor, reference }));
}

/// Takes square roots, in place: powers become magnitudes.
pub fn sqrt<T: Float>(block: &mut [Lanes<T>]) {
    T::run(Task::Sqrt(SqrtKernel { block }));
}
