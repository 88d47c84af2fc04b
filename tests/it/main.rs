//! Black-box tests: what the library and the program do, seen from outside.
#![allow(clippy::unwrap_used, missing_docs)]

mod cases;
mod chaos;
mod spaces;
mod tally;
mod trial;
