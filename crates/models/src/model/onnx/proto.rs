//! The messages of ONNX in the wire format of Protocol Buffers: only what is written here.
//!
//! # References
//! `onnx/onnx.proto3` of ONNX 1.12 (opset 17); <https://protobuf.dev/programming-guides/encoding/>.

/// A message that is being written: pairs of a field number and a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<u8>);

/// Wire types: a variable-length integer, and bytes with their length before them.
const VARINT: u64 = 0;
const LENGTH: u64 = 2;

impl Message {
    pub(super) fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3 | VARINT);
        self.varint(value as u64);
        self
    }

    pub(super) fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | LENGTH);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(super) fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    pub(super) fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    pub(super) fn messages<'a>(self, field: u64, values: impl IntoIterator<Item = &'a Self>) -> Self {
        values.into_iter().fold(self, |message, value| message.message(field, value))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// The types of tensor elements (`TensorProto.DataType`).
const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// A constant tensor of `f32`.
pub(super) fn floats(name: &str, dims: &[usize], values: &[f32]) -> Message {
    tensor(name, dims, FLOAT, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

/// A constant tensor of `i64`.
pub(super) fn integers(name: &str, dims: &[usize], values: &[i64]) -> Message {
    tensor(name, dims, INT64, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

fn tensor(name: &str, dims: &[usize], data_type: i64, data: &[u8]) -> Message {
    let message = dims.iter().fold(Message::default(), |message, &side| message.int(1, side as i64));
    message.int(2, data_type).text(8, name).bytes(9, data)
}

/// A named tensor of `f32` whose first axis is the batch.
pub(super) fn value(name: &str, sides: &[usize]) -> Message {
    let batch = Message::default().text(2, "batch");
    let sides: Vec<_> = sides.iter().map(|&side| Message::default().int(1, side as i64)).collect();
    let shape = Message::default().messages(1, std::iter::once(&batch).chain(&sides));
    let kind = Message::default().message(1, &Message::default().int(1, FLOAT).message(2, &shape));
    Message::default().text(1, name).message(2, &kind)
}

/// The value of an attribute of an operator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attribute<'a> {
    Int(i64),
    Ints(&'a [i64]),
    Text(&'a str),
}

/// An operator from named tensors to named tensors.
pub(super) fn node(
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[(&str, Attribute)],
) -> Message {
    let message = inputs.iter().fold(Message::default(), |message, name| message.text(1, name));
    let message = outputs.iter().fold(message, |message, name| message.text(2, name));
    let message = message.text(3, outputs.iter().find(|name| !name.is_empty()).copied().unwrap_or_default());
    attributes.iter().fold(message.text(4, operator), |message, (name, value)| {
        let named = Message::default().text(1, name);
        let attribute = match value {
            Attribute::Int(value) => named.int(3, *value).int(20, 2),
            Attribute::Text(value) => named.text(4, value).int(20, 3),
            Attribute::Ints(values) => values.iter().fold(named, |it, value| it.int(8, *value)).int(20, 7),
        };
        message.message(5, &attribute)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_have_its_bytes() {
        assert_eq!(Message::default().int(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        let text = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67];
        assert_eq!(Message::default().text(2, "testing").into_bytes(), text);
        assert_eq!(
            Message::default().message(3, &Message::default().int(1, 150)).into_bytes(),
            [0x1a, 3, 8, 0x96, 1]
        );
        assert_eq!(Message::default().int(1, -1).into_bytes().len(), 11);
    }
}
