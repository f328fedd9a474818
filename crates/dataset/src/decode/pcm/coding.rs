//! The codings of single samples.

use super::super::bytes::{be, le};

/// The coding of one sample of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    MuLaw,
    ALaw,
    /// Unsigned integers of 8 bits.
    Unsigned8,
    /// Two's complement of 1 to 4 bytes, with full scale at the top bit.
    Signed(usize),
    Float32,
    Float64,
}

/// The order of the bytes of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The value of up to eight bytes.
    pub(super) fn number(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Little => le(bytes),
            Self::Big => be(bytes),
        }
    }
}

impl Coding {
    /// Number of bytes per sample.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::MuLaw | Self::ALaw | Self::Unsigned8 => 1,
            Self::Signed(bytes) => bytes,
            Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// Appends samples with full scale 1.
    pub(super) fn decode(self, order: Order, bytes: &[u8], samples: &mut Vec<f32>) {
        /// Calls an array function with one of two constructors, so that each loop is compiled for one order.
        macro_rules! ordered {
            ($width:literal, $little:expr, $big:expr) => {{
                let words = bytes.as_chunks::<$width>().0.iter();
                match order {
                    Order::Little => samples.extend(words.map(|&word| $little(word))),
                    Order::Big => samples.extend(words.map(|&word| $big(word))),
                }
            }};
        }
        let half = |word: i16| f32::from(word) / 32_768.0;
        let wide = |word: i32| word as f32 / 2_147_483_648.0;
        match self {
            Self::MuLaw => samples.extend(bytes.iter().map(|&byte| f32::from(mu_law(byte)) / 32_768.0)),
            Self::ALaw => samples.extend(bytes.iter().map(|&byte| f32::from(a_law(byte)) / 32_768.0)),
            Self::Unsigned8 => samples.extend(bytes.iter().map(|&byte| (f32::from(byte) - 128.0) / 128.0)),
            Self::Signed(1) => samples.extend(bytes.iter().map(|&byte| f32::from(byte as i8) / 128.0)),
            Self::Signed(2) => {
                ordered!(2, |word| half(i16::from_le_bytes(word)), |word| half(i16::from_be_bytes(word)));
            }
            // At the top of 32 bits, where i32 has its sign.
            Self::Signed(3) => ordered!(
                3,
                |[a, b, c]: [u8; 3]| wide(i32::from_le_bytes([0, a, b, c])),
                |[a, b, c]: [u8; 3]| wide(i32::from_be_bytes([a, b, c, 0]))
            ),
            Self::Signed(_) => {
                ordered!(4, |word| wide(i32::from_le_bytes(word)), |word| wide(i32::from_be_bytes(word)));
            }
            Self::Float32 => ordered!(4, f32::from_le_bytes, f32::from_be_bytes),
            Self::Float64 => {
                ordered!(8, |word| f64::from_le_bytes(word) as f32, |word| f64::from_be_bytes(word) as f32);
            }
        }
    }
}

/// Converts ITU-T G.711 mu-law to 16-bit linear.
fn mu_law(byte: u8) -> i16 {
    let code = !byte;
    let magnitude = ((i16::from(code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4);
    if code & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
}

/// Converts ITU-T G.711 A-law to 16-bit linear.
fn a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let step = i16::from(code & 0x0f) << 4;
    let magnitude = match (code & 0x70) >> 4 {
        0 => step + 0x008,
        segment => (step + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::{a_law, mu_law};

    #[test]
    fn mu_law_has_the_extremes_of_g711() {
        assert_eq!(mu_law(0xff), 0);
        assert_eq!(mu_law(0x7f), 0);
        assert_eq!(mu_law(0x80), 32_124);
        assert_eq!(mu_law(0x00), -32_124);
        assert_eq!(mu_law(0xfe), 8);
    }

    #[test]
    fn a_law_has_the_extremes_of_g711() {
        assert_eq!(a_law(0xd5), 8);
        assert_eq!(a_law(0x55), -8);
        assert_eq!(a_law(0xaa), 32_256);
        assert_eq!(a_law(0x2a), -32_256);
        assert_eq!(a_law(0xc5), 264);
    }
}
