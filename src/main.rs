//! Arguments → library → error text → exit code.
fn main() {}
