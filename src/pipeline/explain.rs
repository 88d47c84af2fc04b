//! Lines → why each rule tells of them or does not: through the same stages, asked for reasons.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::config::Settings;
use crate::engine::{ClosedGate, GroupView};
use crate::flow::{
    Dated, GroupKey, Hit, Message, Mute, Offset, Progress, RuleId, Sample, StreamId, TimeOrigin,
    Timestamp,
};
use crate::matcher::{Examined, Matcher, Scanned, events};
use crate::source::{Owners, Past, PastReader, SourceSettings};
use crate::stamp::Arrival;
use crate::store::Saved;
use crate::telemetry::Metrics;

use super::StartError;
use super::dates::Dates;
use super::dry::{DryRun, Witness};
use super::middle::Changes;
use super::open::{open_matcher, open_middle};

/// Says of lines what becomes of them.
#[derive(Debug)]
pub struct Explain<'a> {
    settings: &'a Settings,
    matcher: Matcher,
    dry: DryRun,
    dates: Dates,
    /// Nothing happened before: time is what the lines say.
    is_fresh: bool,
    has_begun: bool,
    notes: Notes,
}

/// What becomes of one event.
#[derive(Debug)]
pub struct Explained {
    /// The event as the patterns see it.
    pub text: Vec<u8>,
    /// When it happened, and how that is known, to the first rule that looks at its log.
    pub dated: Dated,
    /// What was told before it, because time had passed.
    pub meanwhile: Vec<Message>,
    /// What each rule makes of it that looks at its log, in the order of the configuration.
    pub rules: Vec<RuleExplained>,
}

/// What a rule makes of an event.
#[derive(Debug)]
pub struct RuleExplained {
    /// The rule.
    pub rule: RuleId,
    /// What its patterns make of it.
    pub examined: Examined,
    /// What came of it, if it is anything to the rule.
    pub outcome: Option<Outcome>,
}

/// What came of an event that is something to a rule.
#[derive(Debug)]
pub struct Outcome {
    /// The group that it is of.
    pub group: GroupKey,
    /// What was known of the group before.
    pub before: GroupView,
    /// What is known of it now.
    pub after: GroupView,
    /// When it happened to this rule, whose source may date it in another way.
    pub dated: Dated,
    /// The gates that are closed for the group by then.
    pub gates: Vec<ClosedGate>,
    /// What was told at once, to the first of the rule's webhooks that was told.
    pub message: Option<Message>,
}

/// An event that is found and not taken in.
#[derive(Default)]
struct Found {
    text: Vec<u8>,
    /// When it was written as what packs it says.
    packed: Option<Timestamp>,
    examined: Vec<(RuleId, Examined)>,
    hits: Vec<Hit>,
}

/// All messages that were decided since they were last taken.
#[derive(Debug, Default)]
struct Notes(Vec<Message>);

impl Witness for Notes {
    fn on_changes(&mut self, changes: Changes, _: Timestamp) {
        self.0.extend(changes.outbox.messages);
    }

    fn on_message(&mut self, _: &Message, _: Timestamp) {}
}

impl<'a> Explain<'a> {
    /// One for the rules of `settings` at `now`, that takes up what an agent `saved`; as if nothing had
    /// ever happened without it.
    ///
    /// # Errors
    /// What was saved cannot be taken up, or the matcher cannot be made.
    pub fn new(
        settings: &'a Settings,
        saved: Option<Saved>,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let is_fresh = saved.is_none();
        let now = if is_fresh { Timestamp::from_millis(i64::MIN) } else { now };
        // What waits to be sent says nothing of these lines.
        let saved = Saved { messages: Vec::new(), untold: Vec::new(), ..saved.unwrap_or_default() };
        let names = settings.rules.iter().map(|rule| &*rule.engine.name);
        let middle = open_middle(settings, saved, Metrics::new(names), now)?;
        let matcher = open_matcher(settings)?;
        let dates = Dates::new(settings, TimeZone::system());
        let dry = DryRun { middle, now };
        let mut explain = Self {
            settings,
            matcher,
            dry,
            dates,
            is_fresh,
            has_begun: false,
            notes: Notes::default(),
        };
        if !is_fresh {
            // What is due by now is due whatever these lines say; of what did not come nobody knows
            // whether it stands in lines that are not read.
            explain.dry.middle.wait_for_reading(now);
            explain.dry.settle(&mut explain.notes);
            explain.dry.save(&mut explain.notes);
            explain.notes.0.clear();
        }
        Ok(explain)
    }

    /// Says of `lines` what becomes of them, one after the other, as if they stood in the log at the
    /// absolute path `log`; without it, in one of each rule's. They are read at `read_at`.
    ///
    /// # Errors
    /// The host's: they cannot be written to a file, to be read as a log is.
    pub fn run(
        &mut self,
        lines: &[u8],
        log: Option<&Path>,
        read_at: Timestamp,
    ) -> io::Result<Vec<Explained>> {
        let folder = TempDir::new()?;
        let path = folder.path().join("lines");
        fs::write(&path, lines)?;
        let mut found = BTreeMap::new();
        match log {
            Some(log) => {
                let owners = Owners::new(&self.settings.sources);
                self.find(Past::open_as(&path, log, StreamId(1), &owners)?, &mut found)?;
            }
            None => {
                for place in 0..self.settings.sources.len() {
                    let (log, owners) = self.alone(place);
                    self.find(Past::open_as(&path, &log, StreamId(1), &owners)?, &mut found)?;
                }
            }
        }
        Ok(found.into_values().flatten().map(|event| self.take_in(event, read_at)).collect())
    }

    /// The source at `place` as if it were the only one that follows anything, and a log of it.
    fn alone(&self, place: usize) -> (PathBuf, Owners) {
        let log = self.settings.sources[place].example_log();
        let own = |(other, source): (usize, &SourceSettings)| SourceSettings {
            files: if other == place { vec![log.clone()] } else { Vec::new() },
            exclude: Vec::new(),
            feeds: Vec::new(),
            ..source.clone()
        };
        let sources: Vec<_> = self.settings.sources.iter().enumerate().map(own).collect();
        let owners = Owners::new(&sources);
        (log, owners)
    }

    /// Finds the events of `past`, by where they begin. An event that several sources see alike is one.
    fn find(&mut self, mut past: Past, found: &mut BTreeMap<Offset, Vec<Found>>) -> io::Result<()> {
        let mut reader = PastReader::new();
        while let Some(chunk) = reader.next(&mut past)? {
            let (mut hits, mut at) = (Vec::new(), 0);
            let done = loop {
                match self.matcher.scan(&chunk, at, &mut hits) {
                    Scanned::Full { next } => at = next,
                    Scanned::All { done } => break done,
                }
            };
            for place in events(&chunk).into_iter().filter(|place| place.text.start < done) {
                let text = &chunk.bytes[place.text.clone()];
                let rules = self.settings.rules.iter();
                let rules = (0..).map(RuleId).zip(rules);
                let own = rules.filter(|(_, rule)| chunk.sources.contains(&rule.matching.source));
                let examined = own.map(|(id, rule)| (id, Examined::of(&rule.matching, text)));
                let examined = examined.collect::<Vec<_>>();
                let is_own =
                    |hit: &&Hit| (hit.generation, hit.offset) == (place.generation, place.offset);
                let own_hits = hits.iter().filter(is_own).cloned();
                let same = found.entry(place.offset).or_default();
                let known = same.iter().position(|event| event.text == text);
                let known = known.unwrap_or_else(|| {
                    let (text, packed) = (text.to_vec(), place.written);
                    same.push(Found { text, packed, ..Found::default() });
                    same.len() - 1
                });
                let event = &mut same[known];
                event.examined.extend(examined);
                event.hits.extend(own_hits);
            }
            reader.consumed(&mut past, done);
        }
        Ok(())
    }

    /// Lets an event happen.
    fn take_in(&mut self, found: Found, read_at: Timestamp) -> Explained {
        let Found { text, packed, mut examined, mut hits } = found;
        examined.sort_by_key(|(rule, _)| *rule);
        hits.sort_by_key(|hit| hit.rule);
        let line = &text[..text.len().min(Sample::MAX_LINE)];
        let date = |rule| self.date(rule, (line, packed), read_at);
        let dated = date(examined.first().map(|(rule, _)| *rule));
        let time = dated.time;
        let own_dates: Vec<_> = hits.iter().map(|hit| date(Some(hit.rule))).collect();
        for (hit, dated) in hits.iter_mut().zip(&own_dates) {
            hit.date(*dated);
        }
        if time > self.dry.now {
            // As in a replay; where an agent's state is taken up, its time is.
            if self.is_fresh && !std::mem::replace(&mut self.has_begun, true) {
                self.dry.now = time;
                let rules = (0..).map(RuleId).zip(&self.settings.rules);
                rules.for_each(|(rule, _)| self.dry.middle.expect_of(rule, time));
            } else if self.is_fresh {
                self.dry.pass_time(time, &mut self.notes);
            }
            self.dry.now = time;
        }
        self.dry.settle(&mut self.notes);
        self.dry.save(&mut self.notes);
        let meanwhile = std::mem::take(&mut self.notes.0);
        let groups: Vec<_> = hits.iter().map(|hit| self.dry.middle.group_of(hit)).collect();
        let view =
            |dry: &DryRun, hit: &Hit, key: &GroupKey| dry.middle.view(hit.rule, key, dry.now);
        let before: Vec<_> =
            hits.iter().zip(&groups).map(|(hit, key)| view(&self.dry, hit, key)).collect();
        self.dry.on_hits(&hits, &mut self.notes);
        self.dry.save(&mut self.notes);
        let messages = std::mem::take(&mut self.notes.0);
        let mut outcomes = BTreeMap::new();
        for (((hit, dated), group), before) in hits.iter().zip(own_dates).zip(groups).zip(before) {
            let after = view(&self.dry, hit, &group);
            let gates = self.dry.middle.closed_gates(hit.rule, &group, self.dry.now);
            let message = self.message_of(hit.rule, &group, &messages);
            outcomes.insert(hit.rule, Outcome { group, before, after, dated, gates, message });
        }
        let rules = examined.into_iter().map(|(rule, examined)| RuleExplained {
            rule,
            examined,
            outcome: outcomes.remove(&rule),
        });
        Explained { text, dated, meanwhile, rules: rules.collect() }
    }

    /// When `event`, which may be packed with a time, happened. To an agent at work it comes now; where
    /// none was, at any time since it was written, as in a replay.
    fn date(
        &self,
        rule: Option<RuleId>,
        event: (&[u8], Option<Timestamp>),
        read_at: Timestamp,
    ) -> Dated {
        let progress = if self.is_fresh { Progress::CatchingUp } else { Progress::Live };
        let date = |at| self.dates.date_for(rule, event, Arrival { at, progress });
        match date(read_at) {
            Dated { origin: TimeOrigin::Future, written: Some(written), .. } if self.is_fresh => {
                date(written)
            }
            dated => dated,
        }
    }

    /// The mutes that hold.
    pub fn mutes(&self) -> &[Mute] {
        self.dry.middle.mutes()
    }

    /// The message of a rule about a group, to the first of its webhooks that was told.
    fn message_of(&self, rule: RuleId, group: &GroupKey, messages: &[Message]) -> Option<Message> {
        let settings = &self.settings.rules[rule.0 as usize];
        let is_of =
            |message: &&Message| message.rule == settings.engine.name && message.group == *group;
        let to = |webhook: &_| messages.iter().filter(is_of).find(|own| own.webhook == *webhook);
        settings.format.webhooks.iter().find_map(to).cloned()
    }
}
