//! What the patterns of all rules take together when they are compiled.

use crate::matcher::{Condition, MatchSettings, Pattern};

use super::report::Report;
use super::settings::Rule;

/// Rules that are named.
const N_NAMED: usize = 3;

/// Reports it if the patterns of `rules` take too much together, with the rules that take most.
///
/// Each of them may be fine alone. But those that nothing can be looked for in place of are searched
/// for as one, and a log may match them all.
pub(super) fn check(rules: &[Rule], report: &mut Report) {
    let size = |rule: &Rule| -> usize {
        let MatchSettings { any, also, none, ends, when, .. } = &rule.matching;
        let when = when.iter().flat_map(Condition::patterns);
        let patterns = any.iter().chain(also).chain(none).chain(ends).chain(when);
        patterns.map(Pattern::n_bytes).sum()
    };
    let mut sizes: Vec<(usize, &str)> =
        rules.iter().map(|rule| (size(rule), &*rule.engine.name)).collect();
    let together: usize = sizes.iter().map(|(size, _)| size).sum();
    if together <= Pattern::MAX_TOGETHER {
        return;
    }
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    let message = format!(
        "compiled, the patterns of all rules would take {} together, more than {}",
        mib(together),
        mib(Pattern::MAX_TOGETHER)
    );
    let largest = sizes.iter().take(N_NAMED);
    let largest: Vec<String> =
        largest.map(|(size, name)| format!("`{name}` ({})", mib(*size))).collect();
    let help = format!(
        "most take the rules {}; use smaller repetitions in their patterns or leave out `(?u)`",
        largest.join(", ")
    );
    report.error_in_file(message).help(help);
}

/// As MiB, rounded up.
fn mib(bytes: usize) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
