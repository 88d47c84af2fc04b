//! What is said of a wrong configuration: the whole of it, as the operator reads it.

mod conditions;
mod detector;
mod file;
mod gates;
mod journal;
mod matching;
mod pace;
mod reading;
mod rule;
mod source;
mod test;
mod webhook;
mod words;

use super::{said, said_of_rule};
