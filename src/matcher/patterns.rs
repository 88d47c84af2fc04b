//! All patterns that look at one log, and what there is to find each of them with.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use super::atoms::{Atom, Required};
use super::fallback::Fallback;
use super::kernels::Kernel;
use super::model::Model;
use super::pattern::Reach;
use super::plan::{Plan, Scratch};
use super::sample::Sample;
use super::second::SecondLook;
use super::survey::{self, Sought};
use super::{Event, MatchSettings};
use crate::flow::RuleId;

/// A pattern: the place of its rule, and its place among what that rule seeks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Branch {
    pub(super) rule: RuleId,
    pub(super) place: usize,
}

/// The patterns of one log, by number in the order of their branches.
#[derive(Debug)]
pub(super) struct Patterns {
    branches: Vec<Branch>,
    reach: Reach,
    kernel: Kernel,
    plan: Plan,
    /// The patterns of each of the plan's atoms.
    of_atom: Vec<Vec<u32>>,
    /// Of each pattern, what else an event must have.
    seconds: Vec<Option<SecondLook>>,
    /// The patterns that the plan does not find.
    pub(super) fallback: Option<Fallback>,
    /// Some of these could be found in a log where what they hold is rare.
    has_hope: bool,
    sample: Sample,
}

impl Patterns {
    /// An atom that comes more often than this is worth a second look,
    const MIN_RATE: f32 = 2e-7;
    /// as is one that this many patterns share.
    const MIN_SHARED: usize = 3;

    /// The patterns of the rules at `branches` among `rules`, in a log that begins with `bytes`.
    pub(super) fn new(
        branches: Vec<Branch>,
        rules: &[MatchSettings],
        bytes: &[u8],
        reach: Reach,
        kernel: Kernel,
    ) -> Self {
        let mut patterns = Self {
            branches,
            reach,
            kernel,
            plan: Plan::new(Vec::new(), kernel, Model::common()),
            of_atom: Vec::new(),
            seconds: Vec::new(),
            fallback: None,
            has_hope: false,
            sample: Sample::of(bytes),
        };
        patterns.plan_again(rules);
        patterns
    }

    /// Takes in that `bytes` are gone through next. Plans again if the log turned out to be another
    /// than was planned for.
    pub(super) fn follow(&mut self, bytes: &[u8], rules: &[MatchSettings]) {
        self.sample.take(bytes);
        let n_left = self.fallback.as_ref().map_or(0, |fallback| fallback.numbers().len());
        if self.sample.pays_for_plan(self.of_atom.len(), n_left) {
            self.plan_again(rules);
            self.sample.on_plan();
        }
    }

    /// Takes `bytes` for what the log is like.
    #[cfg(any(test, fuzzing))]
    pub(super) fn learn(&mut self, bytes: &[u8]) {
        self.sample = Sample::of(bytes);
    }

    /// Plans for the log as it is known by now.
    pub(super) fn plan_again(&mut self, rules: &[MatchSettings]) {
        match self.sample.bytes() {
            Some(bytes) => self.plan_for(rules, &Model::of(bytes.to_vec())),
            None => self.plan_for(rules, Model::common()),
        }
    }

    /// The patterns, in the order of their numbers.
    pub(super) fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// What is looked for in place of the pattern of one of `rules`.
    pub(super) fn sought(&self, number: u32, rules: &[MatchSettings]) -> Sought {
        let all = self.plan.atoms().iter().zip(&self.of_atom);
        let mut own = all.filter(|(_, of)| of.contains(&number)).map(|(atom, _)| atom).peekable();
        if own.peek().is_some() {
            return Sought::Atoms(survey::shown(own));
        }
        // Which of several frequent sets is shown makes no difference.
        let Branch { rule, place } = self.branch(number);
        let required = rules[rule.0 as usize].required(place);
        match Required::at_best(&required, self.reach, Model::common()) {
            Some(atoms) => Sought::Frequent(survey::shown(atoms.iter())),
            None => Sought::Nothing,
        }
    }

    /// Which rule the pattern is of.
    pub(super) fn branch(&self, number: u32) -> Branch {
        self.branches[number as usize]
    }

    /// Calls `on_pattern` with each pattern whose atom is in `range` of `bytes`, and where. Those of
    /// the fallback are not among them.
    pub(super) fn find(
        &mut self,
        bytes: &[u8],
        range: &Range<usize>,
        scratch: &mut Scratch,
        mut on_pattern: impl FnMut(u32, usize) -> ControlFlow<()>,
    ) {
        if self.has_hope {
            self.sample.on_fallback(range.len());
        }
        if self.of_atom.is_empty() {
            return;
        }
        let mut on_atom = |atom: u32, at: usize| {
            self.of_atom[atom as usize].iter().try_for_each(|pattern| on_pattern(*pattern, at))
        };
        let n_places = self.plan.find(bytes, range, scratch, &mut on_atom);
        self.sample.on_places(n_places, range.len(), self.plan.rate());
    }

    /// Whether the pattern may match `event` of `bytes`, as far as a second look tells.
    pub(super) fn may_match(
        &mut self,
        number: u32,
        bytes: &[u8],
        event: &Event,
        scratch: &mut Scratch,
    ) -> bool {
        let Some(second) = &mut self.seconds[number as usize] else { return true };
        second.may_match(bytes, &(event.start..event.text_end), scratch)
    }

    fn plan_for(&mut self, rules: &[MatchSettings], model: &Model) {
        let (mut atoms, mut of_atom): (Vec<Atom>, Vec<Vec<u32>>) = (Vec::new(), Vec::new());
        let mut numbers: HashMap<Atom, usize> = HashMap::new();
        let (mut required, mut left) = (Vec::new(), Vec::new());
        for (number, branch) in (0..).zip(&self.branches) {
            let rule = &rules[branch.rule.0 as usize];
            let own = Required::of(&rule.required(branch.place), self.reach, model);
            for atom in own.iter().flat_map(|own| &own.atoms) {
                let place = *numbers.entry(atom.clone()).or_insert_with(|| {
                    atoms.push(atom.clone());
                    of_atom.push(Vec::new());
                    atoms.len() - 1
                });
                of_atom[place].push(number);
            }
            if own.is_none() {
                left.push(number);
            }
            required.push(own);
        }
        let second = |own: Option<Required>| {
            let own = own?;
            let shared = own.atoms.iter().map(|atom| of_atom[numbers[atom]].len()).max();
            let is_weak = own.rate > Self::MIN_RATE || shared >= Some(Self::MIN_SHARED);
            let atoms = own.second.filter(|_| is_weak)?;
            Some(SecondLook::new(Plan::small(atoms, self.kernel, model)))
        };
        self.seconds = required.into_iter().map(second).collect();
        self.plan = Plan::new(atoms, self.kernel, model);
        self.of_atom = of_atom;
        self.leave(left, rules);
    }

    /// Leaves the patterns of these numbers to the fallback. One for the same is kept, with its states.
    fn leave(&mut self, left: Vec<u32>, rules: &[MatchSettings]) {
        if self.fallback.as_ref().map_or(&[][..], Fallback::numbers) == left {
            return;
        }
        let (branches, reach) = (&self.branches, self.reach);
        let rule = |number: u32| {
            let Branch { rule, place } = branches[number as usize];
            (&rules[rule.0 as usize], place)
        };
        let may_be_rare = |number: &u32| {
            let (rule, place) = rule(*number);
            Required::at_best(&rule.required(place), reach, Model::common()).is_some()
        };
        self.has_hope = left.iter().any(may_be_rare);
        let patterns = left.into_iter().map(|number| {
            let (rule, place) = rule(number);
            (number, rule.fallback(place, reach))
        });
        self.fallback = Fallback::new(patterns.collect());
    }
}
