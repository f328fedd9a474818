//! The benchmark is in `benches/log_mel.rs`.
