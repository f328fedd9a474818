//! The pieces that were read last.

use std::collections::VecDeque;

use crate::Result;

/// Pieces in memory, the one that was read last in front.
#[derive(Debug)]
pub(super) struct Cache {
    /// Bound of the bytes; one piece is held in any case.
    memory: usize,
    pieces: VecDeque<(u32, Vec<f32>)>,
}

impl Cache {
    pub(super) fn new(memory: usize) -> Self {
        Self { memory, pieces: VecDeque::new() }
    }

    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Number of pieces of this size that are held at a time.
    pub(super) fn capacity(&self, piece_bytes: usize) -> usize {
        (self.memory / piece_bytes.max(1)).max(1)
    }

    /// The values of a piece, read if they are not in memory.
    pub(super) fn get(&mut self, piece: u32, read: impl FnOnce() -> Result<Vec<f32>>) -> Result<&[f32]> {
        if let Some(at) = self.pieces.iter().position(|(held, _)| *held == piece) {
            self.pieces.swap(0, at);
        } else {
            let values = read()?;
            let mut bytes =
                4 * (values.len() + self.pieces.iter().map(|(_, held)| held.len()).sum::<usize>());
            while bytes > self.memory {
                let Some((_, dropped)) = self.pieces.pop_back() else { break };
                bytes -= 4 * dropped.len();
            }
            self.pieces.push_front((piece, values));
        }
        Ok(self.pieces.front().map_or(&[], |(_, values)| values.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_again_only_after_they_were_dropped() {
        let mut cache = Cache::new(2 * 4 * 10);
        let mut reads = Vec::new();
        for piece in [1, 2, 1, 2, 3, 2, 3, 1] {
            let values = cache.get(piece, || {
                reads.push(piece);
                Ok(vec![piece as f32; 10])
            });
            assert!(values.is_ok_and(|values| values == [piece as f32; 10]));
        }
        assert_eq!(reads, [1, 2, 3, 1]);
        assert_eq!((cache.capacity(40), cache.capacity(1000)), (2, 1));
    }
}
