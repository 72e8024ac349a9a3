//! The command `kprstat`.
fn main() {}
