//! Sizes of the outermost boxes that do not fit the file.
//!
//! A box of size 0 lasts to the end of the file, and in a file that was cut a box lasts beyond it. symphonia 0.6 reads no
//! sample of either. Delete this module when it does.

use std::io::{self, Read, Seek, SeekFrom};

use super::super::bytes::be;

/// Greatest number of boxes that are looked at.
const MAX_BOXES: usize = 100_000;

/// The bytes to be written over the size of a box, and their position.
pub(super) fn patches<R: Read + Seek + ?Sized>(
    stream: &mut R,
    file_len: u64,
) -> io::Result<Vec<(u64, Vec<u8>)>> {
    let mut at = 0_u64;
    for _ in 0..MAX_BOXES {
        if at.saturating_add(16) > file_len {
            break;
        }
        stream.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        stream.read_exact(&mut head)?;
        let left = file_len - at;
        let (size, wide) = match be(&head[..4]) {
            1 => (be(&head[8..]), true),
            size => (size, false),
        };
        if size == 0 || size > left {
            return Ok(match (wide, u32::try_from(left)) {
                (true, _) => vec![(at + 8, left.to_be_bytes().to_vec())],
                (false, Ok(left)) => vec![(at, left.to_be_bytes().to_vec())],
                // More than the 32 bits of this size hold.
                (false, Err(_)) => Vec::new(),
            });
        }
        at += size.max(8);
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::patches;
    use std::io::Cursor;

    #[test]
    fn a_box_that_lasts_to_the_end_or_beyond_gets_its_true_size() {
        let file = |size: u32| {
            let mut file = [&16_u32.to_be_bytes()[..], b"ftypM4A 0000"].concat();
            file.extend([&size.to_be_bytes()[..], b"mdat", &[7; 92]].concat());
            file
        };
        let found = |size| patches(&mut Cursor::new(file(size)), 116).unwrap_or_default();
        assert_eq!(found(0), [(16, vec![0, 0, 0, 100])]);
        assert_eq!(found(5_000), [(16, vec![0, 0, 0, 100])]);
        assert_eq!(found(100), []);
    }
}
