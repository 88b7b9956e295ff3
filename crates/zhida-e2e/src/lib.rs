//! End-to-end tests (`tests/main.rs`): they depend on no crate of ours and know only the built binary, so that they survive
//! any change inside.
