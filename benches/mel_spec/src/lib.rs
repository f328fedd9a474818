//! An empty library; the benchmark is in `benches/log_mel.rs`.
