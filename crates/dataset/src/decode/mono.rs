//! The mean over channels.

/// Appends the mean over the channels of every interleaved frame to `mono`.
pub(super) fn average(interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
    match channels {
        1 => mono.extend_from_slice(interleaved),
        2 => mono.extend(interleaved.chunks_exact(2).map(|frame| 0.5 * (frame[0] + frame[1]))),
        _ => mono.extend(interleaved.chunks_exact(channels).map(|frame| {
            let sum: f32 = frame.iter().sum();
            sum / channels as f32
        })),
    }
}
