//! `logbell` watches log files and tells the right Google Chat space what matters in them: at once,
//! once, and with the count of all that it held back.
//!
//! # The walk
//!
//! ```text
//! bytes     appended to a log
//!   │ source    woken by notify or by the sweep; reads to the end; follows rotation; cuts at line ends
//! Chunk     { stream, generation, offset, read_at, progress, lead, bytes }   whole lines only, many at once
//!   │ matcher   one pass over the chunk for all rules; events are cut out only around a candidate
//!   │           (frame says which lines make one event: each, from a start on, or a whole trace)
//! Hit       { rule, stream, offset, time, sample: event + captures + context }
//!   │ stamp     when it happened: as the event says, if that can be, else when it came
//!   │ engine    group → detector → incident (debounce); also woken at deadline()
//! Alert     { rule, group, kind: open | summary | reminder | resolved | digest, count, reason, samples }
//!   │ format    template → text + card, cleaned, escaped, fitted to Chat's limits
//! Message   { id, webhook, incident = thread, body }
//!   │ ═══ ONE SQLite transaction: read positions + engine state + messages ═══
//!   │ outbox    due? → pace per space → post → outcome → policy
//! Delivery  { message, at, outcome }
//! ```
//!
//! # The promises
//!
//! 1. **Nothing lost.** Every whole line written to a watched file is matched once, across rename
//!    rotation, compressed rotations (gzip and zstd), truncation, restart, `kill -9` and power loss.
//!    What cannot be recovered is counted and reported.
//! 2. **Nothing twice.** Read positions, engine state and outgoing messages are committed in one
//!    transaction. A message has one id for life, which Chat is sent as its `requestId`.
//! 3. **Counts add up.** For every rule, what messages announced and what is held back is what was
//!    matched.
//! 4. **Log text is data.** It can mention nobody, link nowhere and break no layout in Chat.
//! 5. **Secrets stay secret.** A webhook's URL appears in no log, error, metric or database row. Keys,
//!    tokens and passwords in log text are left out of messages.
//! 6. **Bounded.** Every queue, line, group map, cache and retry has a named limit.
//! 7. **One engine.** What is tried out runs through the same code as what is sent.
//!
//! # The rules of the house
//!
//! - [`flow`], [`frame`], [`fields`], [`stamp`], [`pattern`], [`redact`], [`matcher`], [`engine`],
//!   [`mod@format`] and [`outbox`] touch no file, socket, environment, clock or `async`. `frame` is a
//!   leaf that `flow`, `source` and `matcher` may use, `fields` one for `matcher`, `stamp` one for `config`
//!   and `pipeline`, `pattern` one for `engine` and `format`, `redact` one for `format`.
//! - [`control`] is an edge as well: a socket over which a running agent is told what to do. The pump does it
//!   in its own turn, and it is saved before it is answered.
//! - Stages do not import each other; each declares the settings that it needs, and [`config`] builds
//!   them. `outbox` and `format` may use [`chat`]'s types.
//! - Only `config` knows TOML, only [`store`] SQL; only `chat::Client` posts and sees the secret; only
//!   [`clock`] reads the time (but for the room, which stands for a foreign machine).
//! - Log data is bytes until `format`.
//! - A read position is saved only together with what its lines led to.
//!
//! `tests/it/cases/architecture.rs` reads the `use crate::` lines and holds these.
//!
//! # Threads
//!
//! - The **pump** ([`pipeline`]), one plain thread: wake → reconcile → read → match → engine →
//!   commit → hand out what is due. Nothing in it waits for the network. A replay walks through old
//!   logs instead, on a clock of its own, and posts and saves nothing; a test beside the rules does so
//!   with lines of its own, and saves where it restarts the agent.
//! - **notify's** thread puts paths into a set and wakes the pump.
//! - A **tokio** runtime with one worker posts, answers `/healthz`, `/readyz` and `/metrics`, and
//!   takes signals.

// In reading order: the nouns, the stages of the walk, the edges, and what joins them.
pub mod flow;

pub mod frame;

pub mod fields;

pub mod pattern;

pub mod redact;

pub mod stamp;

pub mod source;

pub mod matcher;

pub mod engine;

pub mod format;

pub mod outbox;

pub mod chat;

pub mod store;

pub mod control;

pub mod config;

pub mod clock;

pub mod telemetry;

pub mod pipeline;

pub mod command;

pub mod cli;
