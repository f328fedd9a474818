use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Numbers that may wait for their next use: 64 MiB.
const LIMIT: usize = 1 << 24;

/// Memory that was used and waits for its next use. A step of training takes the same sizes as the last one; giving
/// them back to the system in between would cost a page fault for every 4 KiB, a quarter of the step.
static WAITING: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Working memory with arbitrary (finite or not) numbers in it.
pub(in super::super) struct Scratch {
    memory: Vec<f32>,
    length: usize,
}

impl Scratch {
    /// Memory for this many numbers.
    pub(in super::super) fn new(length: usize) -> Self {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = (0..waiting.len()).filter(|&i| (length..=2 * length).contains(&waiting[i].len()));
        let best = fitting.min_by_key(|&i| waiting[i].len());
        let memory = best.map(|index| waiting.swap_remove(index));
        drop(waiting);
        Self { memory: memory.unwrap_or_else(|| vec![0.0; length]), length }
    }

    /// The same, all zero.
    pub(in super::super) fn zeroed(length: usize) -> Self {
        let mut scratch = Self::new(length);
        scratch.fill(0.0);
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = waiting.iter().map(Vec::len).sum();
        if held + memory.len() <= LIMIT {
            waiting.push(memory);
        }
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[..self.length]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[..self.length]
    }
}
