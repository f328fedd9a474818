//! The memory of results and working buffers, reused within one training run or one prediction.
//!
//! Every training step allocates the same sizes as the step before. Returning them to the system in between would cost
//! a page fault and the zeroing of every 4 KiB page: a third of the time of a step.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{Device, Tensor};

/// The most floats that a pool keeps: 256 MiB.
const MAX_POOLED_LEN: usize = 1 << 26;

/// Shorter buffers than this, one page of 4 KiB, are left to the allocator.
const MIN_POOLED_LEN: usize = 1 << 10;

/// A handle on the memory that operations allocate from: a pool, or the allocator alone. It also carries the form in which
/// they compute.
///
/// A handle is cheap to clone. Every operation carries one and uses it on its way forward and back. A pool belongs to
/// its handles: when the last one is dropped, everything it keeps returns to the allocator.
#[derive(Clone)]
pub(crate) struct Memory {
    pool: Option<Arc<Mutex<VecDeque<Vec<f32>>>>>,
    form: Form,
}

/// The form in which operations compute on the CPU; on every other device it is the portable one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// The own kernels.
    #[default]
    Own,
    /// candle's tensor operations, which the tests compare with the own kernels.
    Portable,
}

impl Form {
    /// The form of operations on this device.
    pub(crate) fn on(self, device: &Device) -> Self {
        if device.is_cpu() { self } else { Self::Portable }
    }
}

impl Memory {
    /// Plain allocation; nothing is kept.
    pub(crate) fn none() -> Self {
        Self { pool: None, form: Form::Own }
    }

    /// A new, empty pool. It keeps up to 256 MiB of released buffers and drops the oldest ones beyond that.
    pub(crate) fn pooled() -> Self {
        Self { pool: Some(Arc::default()), form: Form::Own }
    }

    /// The same handle for operations in this form.
    pub(crate) fn in_form(&self, form: Form) -> Self {
        Self { form, ..self.clone() }
    }

    /// Whether an operation on this tensor computes in its portable form.
    pub(in super::super) fn is_portable(&self, x: &Tensor) -> bool {
        self.form.on(x.device()) == Form::Portable
    }

    /// This handle if it has a pool, else a new pool: for an operation whose tasks need one buffer after the other.
    pub(in super::super) fn or_pooled(&self) -> Self {
        if self.pool.is_some() { self.clone() } else { Self::pooled() }
    }

    /// A buffer of `len` floats with unspecified contents. In debug builds they are NaN, so that an operation which
    /// forgets to overwrite one fails its tests.
    pub(in super::super) fn acquire(&self, len: usize) -> Vec<f32> {
        let mut buffer = self.take(len).unwrap_or_else(|| vec![0.0; len]);
        if cfg!(debug_assertions) {
            buffer.fill(f32::NAN);
        }
        buffer
    }

    /// A buffer of `len` zeros.
    pub(in super::super) fn acquire_zeroed(&self, len: usize) -> Vec<f32> {
        match self.take(len) {
            Some(mut buffer) => {
                buffer.fill(0.0);
                buffer
            }
            None => vec![0.0; len],
        }
    }

    /// Keeps a buffer for later calls of [`acquire`](Self::acquire), or frees it where there is no pool.
    pub(in super::super) fn release(&self, buffer: Vec<f32>) {
        let Some(pool) = &self.pool else { return };
        if buffer.capacity() < MIN_POOLED_LEN {
            return;
        }
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push_back(buffer);
        let mut kept: usize = pool.iter().map(Vec::capacity).sum();
        while kept > MAX_POOLED_LEN
            && let Some(oldest) = pool.pop_front()
        {
            kept -= oldest.capacity();
        }
    }

    /// The number of handles on the pool.
    #[cfg(test)]
    pub(crate) fn n_handles(&self) -> usize {
        self.pool.as_ref().map_or(0, Arc::strong_count)
    }

    /// The pooled buffer that fits `len` floats best: it must not be more than twice as large.
    fn take(&self, len: usize) -> Option<Vec<f32>> {
        let pool = self.pool.as_ref().filter(|_| len >= MIN_POOLED_LEN)?;
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = (0..pool.len()).filter(|&i| (len..=2 * len).contains(&pool[i].capacity()));
        let best = fitting.min_by_key(|&i| pool[i].capacity())?;
        let mut buffer = pool.remove(best)?;
        drop(pool);
        buffer.resize(len, 0.0);
        Some(buffer)
    }
}

/// A working buffer, released to its memory when it is dropped.
pub(in super::super) struct Scratch {
    buffer: Vec<f32>,
    memory: Memory,
}

impl Scratch {
    /// A buffer of `len` floats with unspecified contents.
    pub(in super::super) fn new(memory: &Memory, len: usize) -> Self {
        Self { buffer: memory.acquire(len), memory: memory.clone() }
    }

    /// A buffer of `len` zeros.
    pub(in super::super) fn zeroed(memory: &Memory, len: usize) -> Self {
        Self { buffer: memory.acquire_zeroed(len), memory: memory.clone() }
    }

    /// The buffer itself, which becomes a result.
    pub(in super::super) fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.buffer)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.memory.release(std::mem::take(&mut self.buffer));
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.buffer
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.buffer
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// Capacities of the buffers in a pool, oldest first.
    fn kept(memory: &Memory) -> Vec<usize> {
        memory.pool.as_ref().unwrap().lock().unwrap().iter().map(Vec::capacity).collect()
    }

    #[test]
    fn the_smallest_buffer_that_fits_is_reused() {
        let memory = Memory::pooled();
        for len in [8000, 5000, 3000, 20_000] {
            memory.release(vec![1.0; len]);
        }
        assert_eq!(memory.acquire(4500).len(), 4500);
        assert_eq!(kept(&memory), [8000, 3000, 20_000]);
        // Twice as large is the limit: neither 8,000 nor 20,000 floats are spent on 3,500.
        memory.acquire(3500);
        assert_eq!(kept(&memory), [8000, 3000, 20_000]);
        assert_eq!(memory.acquire_zeroed(2000), vec![0.0; 2000]);
        assert_eq!(kept(&memory), [8000, 20_000]);
    }

    #[test]
    fn the_oldest_buffers_are_dropped_beyond_the_limit() {
        let memory = Memory::pooled();
        let third = MAX_POOLED_LEN / 3 + 1;
        // Untouched pages of zeros cost no memory.
        for len in [third, third + 1, third + 2] {
            memory.release(vec![0.0; len]);
        }
        assert_eq!(kept(&memory), [third + 1, third + 2]);
        memory.release(vec![0.0; MIN_POOLED_LEN - 1]);
        assert_eq!(kept(&memory).len(), 2);
    }

    #[test]
    fn a_pool_lives_as_long_as_its_handles() {
        let memory = Memory::pooled();
        let pool = Arc::downgrade(memory.pool.as_ref().unwrap());
        let scratch = Scratch::new(&memory, 5000);
        assert_eq!(memory.n_handles(), 2, "a working buffer holds a handle");
        drop(memory);
        drop(scratch);
        assert!(pool.upgrade().is_none());
    }

    #[test]
    fn unspecified_contents_are_nan_in_debug_builds() {
        let memory = Memory::pooled();
        memory.release(vec![7.0; 5000]);
        for buffer in [memory.acquire(4000), Memory::none().acquire(3)] {
            assert!(!cfg!(debug_assertions) || buffer.iter().all(|value| value.is_nan()));
        }
    }
}
