//! Arrays in `NumPy`'s format.
//!
//! # References
//! `NumPy`'s `numpy.lib.format`, versions 1.0 to 3.0.

use std::io::{self, Write};

use super::TableError;

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array in the memory order of C, with its bytes still undecoded.
#[derive(Debug)]
pub(crate) struct Npy<'a> {
    /// Name, for errors.
    name: &'a str,
    /// Type as `NumPy` writes it, such as `<f4`.
    dtype: &'a str,
    shape: Vec<usize>,
    data: &'a [u8],
}

impl<'a> Npy<'a> {
    /// Takes the header apart and checks that the data are as long as it says.
    pub(crate) fn parse(name: &'a str, bytes: &'a [u8]) -> Result<Self, TableError> {
        let wrong = |expected: &str, actual: &str| TableError::WrongArray {
            array: name.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
        };
        let (header, data) =
            split_header(bytes).ok_or_else(|| wrong("a NumPy header", "without one, or cut in it"))?;
        let field =
            |key: &str| entry(header, key).ok_or_else(|| wrong("a NumPy header", "without its entries"));
        let dtype = quoted(field("descr")?).ok_or_else(|| wrong("one type", "of several types a row"))?;
        let shape = tuple(field("shape")?).ok_or_else(|| wrong("a shape", "without a readable one"))?;
        if field("fortran_order")?.starts_with("True") {
            return Err(wrong("the order of C", "in the order of Fortran"));
        }
        let array = Self { name, dtype, shape, data };
        if dtype.contains('O') {
            return Err(array.wrong_type("numbers or strings: pickled objects are not read"));
        }
        let size = item_size(dtype).filter(|&size| size > 0);
        let size = size.ok_or_else(|| array.wrong_type("numbers or strings in little-endian order"))?;
        let expected = array.shape.iter().try_fold(size, |product, &length| product.checked_mul(length));
        if expected == Some(data.len()) {
            return Ok(array);
        }
        let expected = format!("{:?} values of {size} bytes", array.shape);
        Err(wrong(&expected, &format!("of {} bytes", data.len())))
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Numbers of 32 or 64 bits with a fraction.
    pub(crate) fn floats(&self) -> Result<Vec<f64>, TableError> {
        match self.dtype {
            "<f4" => Ok(self.items(|bytes| f64::from(f32::from_le_bytes(bytes)))),
            "<f8" => Ok(self.items(f64::from_le_bytes)),
            _ => Err(self.wrong_type("<f4 or <f8")),
        }
    }

    /// Whole numbers of 32 or 64 bits.
    pub(crate) fn integers(&self) -> Result<Vec<i64>, TableError> {
        match self.dtype {
            "<i4" => Ok(self.items(|bytes| i64::from(i32::from_le_bytes(bytes)))),
            "<i8" => Ok(self.items(i64::from_le_bytes)),
            _ => Err(self.wrong_type("<i4 or <i8")),
        }
    }

    /// Unicode strings of fixed length, without the zeros that fill them up.
    pub(crate) fn strings(&self) -> Result<Vec<String>, TableError> {
        let size = item_size(self.dtype).filter(|_| self.dtype.starts_with("<U"));
        let size = size.ok_or_else(|| self.wrong_type("strings (<U)"))?;
        let string = |(row, bytes): (usize, &[u8])| {
            let units = bytes.as_chunks().0.iter().map(|&unit| u32::from_le_bytes(unit));
            let text: Option<String> = units.take_while(|&unit| unit != 0).map(char::from_u32).collect();
            text.ok_or_else(|| TableError::Value {
                array: self.name.to_owned(),
                row,
                column: 0,
                value: "the string".to_owned(),
                expected: "Unicode",
            })
        };
        self.data.chunks_exact(size).enumerate().map(string).collect()
    }

    /// The error for an array of another shape.
    pub(crate) fn wrong_shape(&self, expected: String) -> TableError {
        TableError::WrongArray {
            array: self.name.to_owned(),
            expected,
            actual: format!("of shape {:?}", self.shape),
        }
    }

    fn wrong_type(&self, expected: &str) -> TableError {
        TableError::WrongArray {
            array: self.name.to_owned(),
            expected: expected.to_owned(),
            actual: format!("of type {}", self.dtype),
        }
    }

    fn items<const N: usize, T>(&self, decode: impl Fn([u8; N]) -> T) -> Vec<T> {
        self.data.as_chunks().0.iter().map(|&bytes| decode(bytes)).collect()
    }
}

/// Writes the header of an array in the order of C; its bytes follow.
pub(crate) fn write_header(mut writer: impl Write, dtype: &str, shape: &[usize]) -> io::Result<()> {
    let shape = match shape {
        [length] => format!("({length},)"),
        lengths => format!("({})", lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version, the length itself and the header fill a multiple of 64 bytes, the last of which ends the line.
    let length = (MAGIC.len() + 4 + header.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    header.push_str(&" ".repeat(length - 1 - header.len()));
    header.push('\n');
    writer.write_all(MAGIC)?;
    writer.write_all(&[1, 0])?;
    writer.write_all(&(length as u16).to_le_bytes())?;
    writer.write_all(header.as_bytes())
}

/// The header's text and the data.
fn split_header(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (&[major, _minor], rest) = rest.split_first_chunk()?;
    let (length, rest) = if major == 1 {
        let (length, rest) = rest.split_first_chunk()?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk()?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

/// The text after `'key':` in a Python dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(text: &str) -> Option<&str> {
    Some(text.strip_prefix('\'')?.split_once('\'')?.0)
}

/// `(12415, 50)` or `(3,)`.
fn tuple(text: &str) -> Option<Vec<usize>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let lengths = inside.split(',').map(str::trim).filter(|length| !length.is_empty());
    lengths.map(|length| length.parse().ok()).collect()
}

/// Bytes of a value of a type that is read here.
fn item_size(dtype: &str) -> Option<usize> {
    match dtype {
        "<f4" | "<i4" => Some(4),
        "<f8" | "<i8" => Some(8),
        _ => dtype.strip_prefix("<U")?.parse::<usize>().ok()?.checked_mul(4),
    }
}
