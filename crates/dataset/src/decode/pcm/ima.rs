//! IMA ADPCM in WAV: Interactive Multimedia Association, "Recommended Practices for Enhancing Digital Audio Compatibility in
//! Multimedia Systems", 3.0, and Microsoft, "Multimedia Data Standards Update", 1994, for the blocks.
//!
//! A sample is coded as four bits that tell its distance from the one before. symphonia 0.6 rounds this distance otherwise than
//! the standard, and the error adds up to 0.003. Delete this module when symphonia decodes what libsndfile does.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::super::mono;
use super::{HeaderError, MAX_CHANNELS};
use crate::{Error, Result};

/// Bytes per channel of the header of a block, and of a group of eight samples.
const GROUP: u64 = 4;

/// The place and the form of the blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ImaLayout {
    pub(super) sample_rate: u32,
    pub(super) channels: u32,
    /// Bytes per block.
    pub(super) block: u64,
    /// Position of the first block.
    pub(super) start: u64,
    /// Bytes of blocks, where the header tells.
    pub(super) bytes: Option<u64>,
}

/// Reads blocks of mono samples.
pub(in super::super) struct ImaReader {
    source: Box<dyn MediaSource>,
    layout: ImaLayout,
    /// Number of blocks read.
    blocks: u64,
    /// Samples per channel read or passed over.
    position: u64,
    bytes: Vec<u8>,
    interleaved: Vec<f32>,
}

impl ImaLayout {
    /// Checks the numbers of a header.
    pub(super) fn checked(self, format: &'static str) -> Result<Self> {
        let undecodable = |cause: HeaderError| Error::Undecodable { format, cause: cause.into() };
        if self.sample_rate == 0 {
            return Err(undecodable(HeaderError::SampleRate { sample_rate: 0.0 }));
        }
        if !(1..=MAX_CHANNELS).contains(&self.channels) {
            return Err(undecodable(HeaderError::Channels { channels: self.channels }));
        }
        if self.block < GROUP * u64::from(self.channels) {
            return Err(undecodable(HeaderError::Block { bytes: self.block }));
        }
        Ok(self)
    }

    /// Samples per channel in some bytes from the beginning of a block.
    fn samples(&self, bytes: u64) -> u64 {
        match (bytes / (GROUP * u64::from(self.channels))).checked_sub(1) {
            Some(groups) => 1 + 8 * groups,
            None => 0,
        }
    }
}

impl ImaReader {
    /// Begins at the first block.
    pub(in super::super) fn new(mut source: Box<dyn MediaSource>, layout: ImaLayout) -> Result<Self> {
        source.seek(SeekFrom::Start(layout.start))?;
        Ok(Self { source, layout, blocks: 0, position: 0, bytes: Vec::new(), interleaved: Vec::new() })
    }

    pub(in super::super) fn sample_rate(&self) -> u32 {
        self.layout.sample_rate
    }

    pub(in super::super) fn channels(&self) -> usize {
        self.layout.channels as usize
    }

    /// Samples per channel that the header promises, where it does.
    pub(in super::super) fn declared_len(&self) -> Option<u64> {
        let (layout, bytes) = (&self.layout, self.layout.bytes?);
        Some(bytes / layout.block * layout.samples(layout.block) + layout.samples(bytes % layout.block))
    }

    /// Samples per channel up to the end of the last block.
    pub(in super::super) fn position(&self) -> u64 {
        self.position
    }

    /// Jumps to the block with a sample. Returns whether there is one.
    pub(in super::super) fn seek(&mut self, sample: u64) -> Result<bool> {
        let blocks = sample / self.layout.samples(self.layout.block);
        let at = blocks.checked_mul(self.layout.block).and_then(|bytes| bytes.checked_add(self.layout.start));
        let length = self.source.seek(SeekFrom::End(0))?;
        let found =
            at.filter(|&at| at < length && self.declared_len().is_none_or(|declared| sample < declared));
        if found.is_some() {
            self.blocks = blocks;
            self.position = blocks * self.layout.samples(self.layout.block);
        }
        self.source.seek(SeekFrom::Start(self.layout.start + self.blocks * self.layout.block))?;
        Ok(found.is_some())
    }

    /// Replaces `block` with the next mono samples; returns `false` at the end.
    pub(in super::super) fn next_block(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        block.clear();
        let read = self.blocks.saturating_mul(self.layout.block);
        let left = self.layout.bytes.map_or(u64::MAX, |bytes| bytes.saturating_sub(read));
        self.bytes.clear();
        self.source.by_ref().take(self.layout.block.min(left)).read_to_end(&mut self.bytes)?;
        self.blocks += 1;
        let samples = self.layout.samples(self.bytes.len() as u64) as usize;
        self.interleaved.clear();
        self.interleaved.resize(samples * self.channels(), 0.0);
        decode(&self.bytes, self.channels(), &mut self.interleaved);
        mono::average(&self.interleaved, self.channels(), block);
        self.position += samples as u64;
        Ok(samples > 0)
    }
}

/// Decodes a block: for each channel the first sample and the step, and then eight samples of each channel in turn.
fn decode(block: &[u8], channels: usize, interleaved: &mut [f32]) {
    let (groups, _) = block.as_chunks::<{ GROUP as usize }>();
    for channel in 0..channels {
        let mut groups = groups.iter().skip(channel).step_by(channels);
        let mut samples = interleaved.iter_mut().skip(channel).step_by(channels);
        let (Some(&[a, b, index, _]), Some(first)) = (groups.next(), samples.next()) else { return };
        let mut state =
            State { sample: i32::from(i16::from_le_bytes([a, b])), index: usize::from(index).min(88) };
        *first = state.scaled();
        let nibbles = groups.flatten().flat_map(|byte| [byte & 15, byte >> 4]);
        for (sample, nibble) in samples.zip(nibbles) {
            state.step(nibble);
            *sample = state.scaled();
        }
    }
}

/// A channel between two samples.
struct State {
    sample: i32,
    /// Of the step.
    index: usize,
}

impl State {
    fn step(&mut self, nibble: u8) {
        let step = STEPS[self.index];
        let bits = [(4, step), (2, step >> 1), (1, step >> 2)];
        let distance: i32 = bits.iter().filter(|(bit, _)| nibble & bit != 0).map(|(_, part)| part).sum();
        let distance = distance + (step >> 3);
        let sample = if nibble & 8 == 0 { self.sample + distance } else { self.sample - distance };
        self.sample = sample.clamp(-32_768, 32_767);
        let change = [-1, -1, -1, -1, 2, 4, 6, 8][usize::from(nibble & 7)];
        self.index = self.index.saturating_add_signed(change).min(88);
    }

    fn scaled(&self) -> f32 {
        self.sample as f32 / 32_768.0
    }
}

/// The steps: each is a tenth above the one before.
const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
    724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660,
    4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818,
    18500, 20350, 22385, 24623, 27086, 29794, 32767,
];

impl fmt::Debug for ImaReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImaReader").field("layout", &self.layout).finish_non_exhaustive()
    }
}
