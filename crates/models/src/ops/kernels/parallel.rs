use rayon::prelude::*;

/// Multiply-adds below which handing work to other threads costs more than it saves.
const MIN_PARALLEL_WORK: usize = 1 << 18;

/// Calls `f(index, piece)` for consecutive pieces of `data`, on the threads of the current pool if the work (in
/// multiply-adds) is worth it. Each piece's result must depend on its index alone.
pub(in super::super) fn for_each_piece<T: Send>(
    data: &mut [T],
    piece_len: usize,
    work: usize,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    let piece_len = piece_len.max(1);
    if work < MIN_PARALLEL_WORK || data.len() <= piece_len {
        data.chunks_mut(piece_len).enumerate().for_each(|(index, piece)| f(index, piece));
    } else {
        data.par_chunks_mut(piece_len).enumerate().for_each(|(index, piece)| f(index, piece));
    }
}
