//! How fast the daemon is, beside its peers in the same run.
fn main() {}
