#![doc = include_str!("../WEIGHTS.md")]
