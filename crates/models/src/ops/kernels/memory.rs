//! Memory that was used and waits for its next use.
//!
//! A step of training takes the same sizes as the last one. Giving them back to the system in between costs a page fault
//! and the zeroing of every 4 KiB: a third of the time of a step.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Numbers that may wait: 256 MiB.
const LIMIT: usize = 1 << 26;

/// Less than a page's numbers are left to the allocator.
const LEAST: usize = 1 << 10;

static WAITING: Mutex<VecDeque<Vec<f32>>> = Mutex::new(VecDeque::new());

/// This many arbitrary (finite or not) numbers.
pub(in super::super) fn numbers(length: usize) -> Vec<f32> {
    let found = (length >= LEAST).then(|| {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = (0..waiting.len()).filter(|&i| (length..=2 * length).contains(&waiting[i].capacity()));
        fitting.min_by_key(|&i| waiting[i].capacity()).and_then(|best| waiting.remove(best))
    });
    let mut memory = found.flatten().unwrap_or_else(|| vec![0.0; length]);
    memory.resize(length, 0.0);
    memory
}

/// This many zeros.
pub(in super::super) fn zeros(length: usize) -> Vec<f32> {
    let mut memory = numbers(length);
    memory.fill(0.0);
    memory
}

/// Lets memory wait for its next use; what has waited longest goes when there is too much.
pub(in super::super) fn give_back(memory: Vec<f32>) {
    if memory.capacity() < LEAST {
        return;
    }
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.push_back(memory);
    let mut held: usize = waiting.iter().map(Vec::capacity).sum();
    while held > LIMIT
        && let Some(oldest) = waiting.pop_front()
    {
        held -= oldest.capacity();
    }
}

/// Gives everything that waits back to the system.
pub(crate) fn release_memory() {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Working memory with arbitrary numbers in it.
pub(in super::super) struct Scratch(Vec<f32>);

impl Scratch {
    /// Memory for this many numbers.
    pub(in super::super) fn new(length: usize) -> Self {
        Self(numbers(length))
    }

    /// The same, all zero.
    pub(in super::super) fn zeroed(length: usize) -> Self {
        Self(zeros(length))
    }

    /// The numbers, to be kept.
    pub(in super::super) fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.0));
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}
