//! The law for logs that are decoded: whatever is written, rotated, killed and restarted, what was
//! committed is what the log says, in order, each event once and with the place where it began.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::laws::container::{Model, Said, line, whole};
use super::super::laws::dice::Dice;
use super::prelude::*;
use crate::flow::{GenerationId, Offset};
use crate::frame::Framing;

#[derive(Clone, Debug)]
enum Step {
    /// Writes lines that are made up of bytes.
    Write(Vec<u8>),
    /// The same, and half of a further one.
    WritePart(Vec<u8>),
    Rotate,
    Reconcile,
    ReadOne,
    /// The matcher waits for lines after the others.
    ReadSome(u8),
    Commit,
    Restart,
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        6 => bytes().prop_map(Step::Write),
        2 => bytes().prop_map(Step::WritePart),
        2 => Just(Step::Rotate),
        4 => Just(Step::Reconcile),
        4 => Just(Step::ReadOne),
        4 => (0..4u8).prop_map(Step::ReadSome),
        3 => Just(Step::Commit),
        1 => Just(Step::Restart),
        2 => Just(Step::Kill),
    ]
}

/// The writing side, which knows what it said.
struct World {
    rig: Rig,
    form: decode::Form,
    is_up: bool,
    model: Model,
    /// Where each line begins: rotations before it, and its offset.
    places: Vec<(usize, Offset)>,
    n_rotations: usize,
    size: Offset,
    /// The rest of a line that was begun.
    rest: Vec<u8>,
}

impl World {
    fn new(format: Format, max_line: usize, framing: Option<Framing>) -> Self {
        let mut rig = Rig::with(&["a.log"], Start::Begin, Watching::Polling);
        rig.settings[0].format = format;
        rig.settings[0].max_line = max_line;
        rig.settings[0].framing = framing.map(Arc::new);
        rig.write("a.log", "");
        rig.start();
        let form = match format {
            Format::Docker => decode::Form::Docker,
            Format::Plain => decode::Form::Plain,
            Format::Auto | Format::Cri => decode::Form::Cri,
        };
        Self {
            rig,
            form,
            is_up: true,
            model: Model::new(max_line),
            places: Vec::new(),
            n_rotations: 0,
            size: 0,
            rest: Vec::new(),
        }
    }

    fn end_line(&mut self) {
        self.rig.write("a.log", &std::mem::take(&mut self.rest));
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut dice = Dice::new(bytes);
        while !dice.is_over() {
            self.end_line();
            let said = line(self.form, &mut dice);
            self.say(said);
        }
    }

    fn say(&mut self, said: Said) {
        self.places.push((self.n_rotations, self.size));
        self.size += said.raw.len() as u64;
        self.model.take(&said);
        self.rest = said.raw;
    }

    fn go(&mut self, step: &Step) {
        match step {
            Step::Write(bytes) => {
                self.write(bytes);
                self.end_line();
            }
            Step::WritePart(bytes) => {
                self.write(bytes);
                let half = self.rest.len() / 2;
                let begun: Vec<u8> = self.rest.drain(..half).collect();
                self.rig.write("a.log", &begun);
            }
            Step::Rotate => {
                self.end_line();
                for i in (1..=self.n_rotations).rev() {
                    self.rig.rename(&format!("a.log.{i}"), &format!("a.log.{}", i + 1));
                }
                self.rig.rename("a.log", "a.log.1");
                self.let_the_clock_tick();
                self.n_rotations += 1;
                self.size = 0;
                // Files that hold the same few bytes are taken for copies of each other.
                self.say(whole(self.form, &self.n_rotations.to_string()));
                self.end_line();
            }
            Step::Reconcile if self.is_up => {
                // Lines that are begun must not be given up in between.
                self.rig.now = self.rig.now + Duration::from_millis(20);
                let source = self.rig.source.as_mut().unwrap();
                let ids: Vec<_> = source.streams.keys().copied().collect();
                for id in ids {
                    source.look(id, self.rig.now);
                }
                source.reconcile(self.rig.now);
            }
            Step::ReadOne if self.is_up => drop(self.rig.read_one()),
            Step::ReadSome(n) if self.is_up => drop(self.rig.read_some(usize::from(*n))),
            Step::Commit if self.is_up => self.rig.commit(),
            Step::Restart if self.is_up => {
                self.rig.commit();
                self.rig.kill();
                self.is_up = false;
            }
            Step::Kill if self.is_up => {
                self.rig.kill();
                self.is_up = false;
            }
            Step::Restart | Step::Kill => {
                self.rig.start();
                self.is_up = true;
            }
            Step::Reconcile | Step::ReadOne | Step::ReadSome(_) | Step::Commit => {}
        }
    }

    /// Waits until a new file is younger than the last one: which of two files of one tick of the
    /// file system's clock came first is not known.
    fn let_the_clock_tick(&self) {
        let probe = self.rig.dir.path().join("probe");
        let born = |path: &Path| fs::metadata(path).unwrap().created().unwrap();
        let last = born(&self.rig.path("a.log.1"));
        loop {
            File::create_new(&probe).unwrap();
            let is_younger = born(&probe) > last;
            fs::remove_file(&probe).unwrap();
            if is_younger {
                return;
            }
        }
    }

    fn judge(mut self) -> Result<(), TestCaseError> {
        if !self.is_up {
            self.rig.start();
        }
        self.end_line();
        // Until all is read, and what never ends is given out.
        self.rig.pass(15);
        let n_ended = self.model.events.len();
        self.model.end_all();
        let (n_cut, framing) = (self.model.n_cut, self.rig.settings[0].framing.clone());
        let events = match &framing {
            None => self.model.events,
            Some(framing) => self.model.framed(framing),
        };
        let text = |text: &[u8]| String::from_utf8_lossy(text).trim_end_matches('\n').to_owned();
        let event = |(line, own): (usize, Vec<u8>)| (self.places[line], text(&own));
        let expected: Vec<_> = events.into_iter().map(event).collect();
        let mut generations: Vec<_> = self.rig.store.marks.iter().map(|mark| mark.0).collect();
        generations.sort_unstable();
        generations.dedup();
        let mut rotations: Vec<_> = expected.iter().map(|((n, _), _)| *n).collect();
        rotations.sort_unstable();
        rotations.dedup();
        prop_assert_eq!(generations.len(), rotations.len());
        let rotation_of = |id: GenerationId| rotations[generations.binary_search(&id).unwrap()];
        let marks = self.rig.store.marks.iter();
        let places = marks.map(|(generation, offset)| (rotation_of(*generation), *offset));
        let lines = self.rig.store.lines.iter().map(|(_, text)| text.clone());
        let mut found: Vec<_> = places.zip(lines).collect();
        // Lines that never end are given out in the order in which their times are over, and events
        // when the next of their output begins.
        found[if framing.is_some() { 0 } else { n_ended }..].sort_unstable();
        prop_assert_eq!(found, expected);
        let n_lost: u64 = self.rig.store.losses.iter().filter_map(|loss| loss.bytes).sum();
        prop_assert_eq!(n_lost, n_cut);
        prop_assert!(self.rig.store.memos.is_empty());
        Ok(())
    }
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn what_was_committed_is_what_the_log_says(
        format in prop_oneof![Just(Format::Cri), Just(Format::Docker), Just(Format::Plain)],
        is_multiline in any::<bool>(),
        max_line in prop_oneof![Just(6), Just(1000)],
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let framing = is_multiline.then(|| Framing::starting_with("^[a1]").unwrap());
        let mut world = World::new(format, max_line, framing);
        for step in &steps {
            world.go(step);
        }
        world.judge()?;
    }
}
