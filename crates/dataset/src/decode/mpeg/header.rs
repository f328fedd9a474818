//! The header of an MPEG audio frame: ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3.

/// Bytes of a header.
pub(super) const LEN: usize = 4;

/// The properties of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// 1, or 2 for MPEG-2 and its extension to lower rates, "2.5".
    pub(super) version: u8,
    /// 1, 2 or 3.
    pub(super) layer: u8,
    pub(super) sample_rate: u32,
    pub(super) channels: usize,
    pub(super) has_crc: bool,
    /// Bytes of the frame, with this header; `None` in a free-format stream, where the header does not tell.
    pub(super) frame_len: Option<usize>,
}

impl Header {
    /// Reads a header from the first four bytes; `None` where there is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; LEN] = bytes.get(..LEN)?.try_into().ok()?;
        let word = u32::from_be_bytes(bytes);
        let field = |shift: u32, bits: u32| (word >> shift & ((1 << bits) - 1)) as usize;
        // Of 11 bits all are set; version 1, layer 0, bit rate 15 and sample rate 3 are reserved.
        if field(21, 11) != 0x7ff || field(19, 2) == 1 || field(17, 2) == 0 {
            return None;
        }
        let (version, halvings) = match field(19, 2) {
            3 => (1, 0),
            2 => (2, 1),
            _ => (2, 2),
        };
        let layer = 4 - field(17, 2) as u8;
        let sample_rate = *[44_100_u32, 48_000, 32_000].get(field(10, 2))? >> halvings;
        let kbps = *bit_rates(version, layer).get(field(12, 4))?;
        let padding = field(9, 1);
        let slots = |per_kbps: usize| per_kbps * kbps / sample_rate as usize + padding;
        let frame_len = match (layer, version) {
            (1, _) => slots(12_000) * 4,
            (3, 2) => slots(72_000),
            _ => slots(144_000),
        };
        Some(Self {
            version,
            layer,
            sample_rate,
            channels: if field(6, 2) == 3 { 1 } else { 2 },
            has_crc: field(16, 1) == 0,
            frame_len: (kbps > 0).then_some(frame_len),
        })
    }

    /// Samples per channel of a frame.
    pub(super) fn samples(&self) -> u64 {
        match (self.layer, self.version) {
            (1, _) => 384,
            (3, 2) => 576,
            _ => 1152,
        }
    }

    /// Bytes of the side information of layer 3.
    pub(super) fn side_info_len(&self) -> usize {
        match (self.version, self.channels) {
            (1, 1) | (2, 2) => 17,
            (1, _) => 32,
            _ => 9,
        }
    }

    /// Returns whether these bytes of a frame hold its side information, without which layer 3 cannot be decoded. The other
    /// layers need the whole frame.
    pub(super) fn is_begun_by(&self, bytes: &[u8]) -> bool {
        let crc = if self.has_crc { 2 } else { 0 };
        self.layer == 3 && bytes.len() >= LEN + crc + self.side_info_len()
    }

    /// Returns whether both may follow each other in one stream: channels and bit rate may change, the rest may not.
    pub(super) fn continues(&self, other: &Self) -> bool {
        self.version == other.version && self.layer == other.layer && self.sample_rate == other.sample_rate
    }
}

/// Bit rates in kbit/s, from index 0, which stands for free format.
fn bit_rates(version: u8, layer: u8) -> &'static [usize; 15] {
    match (version, layer) {
        (1, 1) => &[0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        (1, 2) => &[0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        (1, _) => &[0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        (_, 1) => &[0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        _ => &[0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn frame_lengths_are_those_of_the_standard() {
        let length = |bytes: [u8; 4]| Header::parse(&bytes).and_then(|header| header.frame_len);
        assert_eq!(length([0xff, 0xfb, 0x90, 0x00]), Some(417)); // layer 3, 128 kbit/s, 44.1 kHz
        assert_eq!(length([0xff, 0xfb, 0x92, 0x00]), Some(418)); // the same with padding
        assert_eq!(length([0xff, 0xf3, 0x80, 0xc0]), Some(208)); // MPEG-2, 64 kbit/s, 22.05 kHz
        assert_eq!(length([0xff, 0xe3, 0x18, 0xc4]), Some(72)); // MPEG-2.5, 8 kbit/s, 8 kHz
        assert_eq!(length([0xff, 0xfd, 0xa4, 0x00]), Some(576)); // layer 2, 192 kbit/s, 48 kHz
        assert_eq!(length([0xff, 0xff, 0xc0, 0x00]), Some(416)); // layer 1, 384 kbit/s, 44.1 kHz
        assert_eq!(length([0xff, 0xfb, 0x00, 0x00]), None); // free format
        assert!(Header::parse(&[0xff, 0xfb, 0x00, 0x00]).is_some());
    }

    #[test]
    fn reserved_values_are_no_header() {
        for bytes in
            [[0xff, 0xfb, 0xf0, 0], [0xff, 0xfb, 0x9c, 0], [0xff, 0xeb, 0x90, 0], [0xff, 0xf9, 0x90, 0]]
        {
            assert_eq!(Header::parse(&bytes), None, "{bytes:x?}");
        }
        assert_eq!(Header::parse(&[0xff, 0xfb, 0x90]), None);
    }
}
