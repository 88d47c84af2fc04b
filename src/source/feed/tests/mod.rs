//! What feeds do: their parts on bytes, then FIFOs through a whole source.

mod buffers;
mod entries;
mod fifos;
mod journals;
