//! The nouns of the walk, as plain data: what one stage hands to the next.
//!
//! Nothing here touches a file, a socket or a clock. Log text stays bytes until `format`.

mod alert;
mod checkpoint;
mod chunk;
mod delivery;
mod gate;
mod grounds;
mod hit;
mod id;
mod message;
mod mute;
mod muting;
mod notice;
mod record;
mod sight;
mod skew;
mod status;
mod time;

pub use alert::{Alert, AlertKind, Crowd, Reason, Reopened, Span, Top};
pub use checkpoint::{Anchor, Checkpoint, Fingerprint, Identity, Memo, Packing};
pub use chunk::{Chunk, Events, GenerationId, Mark, Offset, Progress, SourceId, StreamId};
pub use delivery::{Advice, Delivery, Outcome, Refusal};
pub use gate::{Gate, HeldBy};
pub use grounds::Grounds;
pub use hit::{Bytes, Captures, Dated, GroupKey, Hit, Part, Reading, RuleId, Sample, TimeOrigin};
pub use id::{Digest, IncidentId, MessageId};
pub use message::{Labels, Message, MessageMark, MessageState, Severity, WebhookName};
pub use mute::{Mute, MuteId, Selected, Selector, SelectorError};
pub use muting::{MuteOrder, Which};
pub use notice::{Lost, Notice};
pub use record::{GroupRecord, RuleRecord, ValueRecord};
pub use sight::{BlindSpot, Sight};
pub use skew::{Cause, Side, SkewNotice, SkewRecord, Skewed};
pub use status::{Loss, Mode, StreamState, StreamStatus};
pub use time::Timestamp;
