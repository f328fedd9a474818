//! A graph of operators that grows at its end.

use super::proto::{self, Attribute, Message};

/// The operators and constants so far, and the tensor that the next operator takes.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    /// The name of the latest tensor.
    latest: String,
    named: usize,
}

impl Graph {
    /// A graph without operators, whose latest tensor is its input.
    pub(super) fn new(input: &str) -> Self {
        Self { nodes: Vec::new(), constants: Vec::new(), latest: input.to_owned(), named: 0 }
    }

    /// The name of the latest tensor.
    pub(super) fn latest(&self) -> String {
        self.latest.clone()
    }

    /// Applies an operator to the latest tensor and these others; its result is the latest tensor.
    pub(super) fn push(&mut self, operator: &str, others: &[&str], attributes: &[(&str, Attribute)]) {
        let latest = self.latest();
        let inputs = [&[latest.as_str()], others].concat();
        self.latest = self.apply(operator, &inputs, attributes);
    }

    /// Applies an operator to named tensors, and returns the name of its result.
    pub(super) fn apply(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> String {
        let output = self.name(operator);
        self.nodes.push(proto::node(operator, inputs, &[&output], attributes));
        output
    }

    /// Applies an operator whose first result has no name here and whose second one is the latest tensor.
    pub(super) fn push_second(&mut self, operator: &str, others: &[&str], attributes: &[(&str, Attribute)]) {
        let (latest, output) = (self.latest(), self.name(operator));
        let inputs = [&[latest.as_str()], others].concat();
        self.nodes.push(proto::node(operator, &inputs, &["", &output], attributes));
        self.latest = output;
    }

    /// Makes a tensor the latest one.
    pub(super) fn go_on_from(&mut self, name: String) {
        self.latest = name;
    }

    /// Gives the latest tensor a name for the outside.
    pub(super) fn expose(&mut self, name: &str) {
        self.nodes.push(proto::node("Identity", &[&self.latest], &[name], &[]));
        name.clone_into(&mut self.latest);
    }

    /// Adds a constant and returns its name.
    pub(super) fn floats(&mut self, dims: &[usize], values: &[f32]) -> String {
        let name = self.name("constant");
        self.constants.push(proto::floats(&name, dims, values));
        name
    }

    /// Adds a constant vector and returns its name.
    pub(super) fn integers(&mut self, values: &[i64]) -> String {
        let name = self.name("constant");
        self.constants.push(proto::integers(&name, &[values.len()], values));
        name
    }

    /// Adds a constant without axes and returns its name.
    pub(super) fn integer(&mut self, value: i64) -> String {
        let name = self.name("constant");
        self.constants.push(proto::integers(&name, &[], &[value]));
        name
    }

    /// The graph as a message, with its inputs and outputs.
    pub(super) fn finish(self, name: &str, input: &Message, outputs: &[Message]) -> Message {
        Message::default()
            .messages(1, &self.nodes)
            .text(2, name)
            .messages(5, &self.constants)
            .message(11, input)
            .messages(12, outputs)
    }

    fn name(&mut self, kind: &str) -> String {
        self.named += 1;
        format!("{}_{}", kind.to_lowercase(), self.named)
    }
}
