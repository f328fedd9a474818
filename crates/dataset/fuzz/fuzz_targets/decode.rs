#![no_main]

#[path = "../../tests/it/fuzz_targets.rs"]
#[allow(dead_code, reason = "each target uses one function")]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::decode(data));
