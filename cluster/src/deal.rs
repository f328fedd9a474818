//! The dealing of tracks into shards.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::manifest::Track;

/// The tracks of a shard: indices into the manifest, ascending.
pub type Shard = Vec<usize>;

/// Bytes of a track whose size nobody tells, where no other's is known either: a song of four minutes.
const USUAL_BYTES: u64 = 8 << 20;

/// Deals tracks into shards of about `shard_bytes`, the longest first, each into the shard with the fewest bytes so far.
///
/// The result depends on the tracks alone. Shards come with the largest first, so that none of the last to be started is
/// much longer than the others. A track without a size counts as the mean of those with one.
///
/// # References
/// R. L. Graham, Bounds on Multiprocessing Timing Anomalies, 1969, doi:10.1137/0117039: the longest processing time rule.
pub fn deal(tracks: &[Track], shard_bytes: u64) -> Vec<Shard> {
    let sizes = sizes(tracks);
    let total: u64 = sizes.iter().sum();
    let n_shards = total.div_ceil(shard_bytes.max(1)).clamp(1, tracks.len().max(1) as u64) as usize;
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    order.sort_by_key(|&track| Reverse(sizes[track]));
    let mut shards: Vec<(u64, Shard)> = vec![(0, Vec::new()); n_shards];
    let mut lightest: BinaryHeap<_> = (0..n_shards).map(|shard| Reverse((0, shard))).collect();
    for track in order {
        if let Some(Reverse((bytes, shard))) = lightest.pop() {
            let bytes = bytes + sizes[track];
            shards[shard].0 = bytes;
            shards[shard].1.push(track);
            lightest.push(Reverse((bytes, shard)));
        }
    }
    shards.retain(|(_, tracks)| !tracks.is_empty());
    shards.sort_by_key(|(bytes, _)| Reverse(*bytes));
    let sorted = |(_, mut tracks): (u64, Shard)| {
        tracks.sort_unstable();
        tracks
    };
    shards.into_iter().map(sorted).collect()
}

/// The size of each track, in bytes; at least 1, so that a manifest of empty files is dealt evenly, too.
fn sizes(tracks: &[Track]) -> Vec<u64> {
    let known: Vec<u64> = tracks.iter().filter_map(|track| track.bytes).collect();
    let mean = known.iter().sum::<u64>().checked_div(known.len() as u64).unwrap_or(USUAL_BYTES);
    tracks.iter().map(|track| track.bytes.unwrap_or(mean).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracks(sizes: &[Option<u64>]) -> Vec<Track> {
        sizes.iter().map(|&bytes| Track { bytes, ..Track::default() }).collect()
    }

    #[test]
    fn each_track_is_dealt_once_and_shards_are_even() {
        let sizes: Vec<_> = (0..1000).map(|i| Some(1000 + i * 7919 % 4000)).collect();
        let tracks = tracks(&sizes);
        let shards = deal(&tracks, 100_000);
        let mut all: Vec<_> = shards.concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
        let bytes: Vec<u64> =
            shards.iter().map(|shard| shard.iter().filter_map(|&i| sizes[i]).sum()).collect();
        let (least, most) = (bytes.iter().min().unwrap(), bytes.iter().max().unwrap());
        assert_eq!(shards.len(), bytes.iter().sum::<u64>().div_ceil(100_000) as usize);
        assert!(most - least < 5000, "{bytes:?}");
        assert!(bytes.is_sorted_by_key(|&bytes| Reverse(bytes)));
    }

    #[test]
    fn unknown_sizes_count_as_the_mean_and_a_long_track_stands_alone() {
        assert_eq!(deal(&tracks(&[Some(10), None, Some(30), None]), 40), [vec![0, 2], vec![1, 3]]);
        assert_eq!(deal(&tracks(&[Some(1), Some(500), Some(1)]), 300), [vec![1], vec![0, 2]]);
        assert_eq!(deal(&tracks(&[None; 3]), 1 << 30), [vec![0, 1, 2]]);
    }
}
