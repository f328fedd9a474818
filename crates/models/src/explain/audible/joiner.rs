//! Joining of blocks of sound without clicks.

/// Joins blocks that overlap: around each boundary the sound passes linearly from one block to the next.
#[derive(Debug)]
pub(super) struct Joiner {
    /// Samples to either side of a boundary over which the sound passes.
    fade: usize,
    /// The first sample that is not joined yet.
    position: usize,
    /// What the blocks so far contribute from there on.
    tail: Vec<f32>,
}

impl Joiner {
    pub(super) fn new(fade: usize) -> Self {
        Self { fade, position: 0, tail: Vec::new() }
    }

    /// Takes the block whose first sample is `start`, and returns the samples that are final.
    ///
    /// The block reaches from `fade` samples before the last boundary, or earlier, to `fade` samples behind the `boundary` to the
    /// next one, or to the end of the sound.
    pub(super) fn join(&mut self, start: usize, block: &[f32], boundary: Option<usize>) -> Vec<f32> {
        let end = boundary.map_or(start + block.len(), |boundary| boundary - self.fade);
        let mut joined = block[self.position - start..end - start].to_vec();
        for (k, (x, tail)) in joined.iter_mut().zip(&self.tail).enumerate() {
            *x = *x * self.share(k) + tail;
        }
        self.tail.clear();
        if boundary.is_some() {
            let rest = block[end - start..].iter().take(2 * self.fade).enumerate();
            self.tail = rest.map(|(k, x)| x * (1.0 - self.share(k))).collect();
        }
        self.position = end;
        joined
    }

    /// The share of the later block in sample `k` of a passage.
    fn share(&self, k: usize) -> f32 {
        (k as f32 + 0.5) / (2 * self.fade) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::Joiner;

    /// Blocks of one sound join to that sound, and the passage between two levels is straight.
    #[test]
    fn blocks_join_without_a_step() {
        let sound: Vec<f32> = (0..100).map(|i| (i as f32 * 0.7).sin()).collect();
        for fade in [0, 1, 5] {
            let mut joiner = Joiner::new(fade);
            let mut joined = joiner.join(0, &sound[..40 + fade], Some(40));
            joined.extend(joiner.join(40 - fade, &sound[40 - fade..70 + fade], Some(70)));
            joined.extend(joiner.join(60, &sound[60..], None));
            assert_eq!(joined.len(), 100);
            assert!(joined.iter().zip(&sound).all(|(a, b)| (a - b).abs() < 1e-6), "{fade}");
        }
        let mut joiner = Joiner::new(4);
        let mut joined = joiner.join(0, &[0.0; 24], Some(20));
        joined.extend(joiner.join(16, &[1.0; 24], None));
        let steps: Vec<f32> = joined.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (0.0..=0.126).contains(step)), "{steps:?}");
        assert_eq!((joined[15], joined[24]), (0.0, 1.0));
    }
}
