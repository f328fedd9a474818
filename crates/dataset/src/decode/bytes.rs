//! Numbers in the headers of files.

/// The value of up to eight bytes, the highest first.
pub(super) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// The value of up to eight bytes, the lowest first.
pub(super) fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::{be, le};

    #[test]
    fn numbers_have_any_width() {
        assert_eq!((be(&[]), le(&[])), (0, 0));
        assert_eq!((be(&[1, 2, 3]), le(&[1, 2, 3])), (0x01_0203, 0x03_0201));
        assert_eq!(be(&[0xff; 8]), u64::MAX);
    }
}
