use super::*;
use crate::matcher::Pattern;

fn required(pattern: &str) -> Option<Required> {
    let pattern = Pattern::new(pattern).unwrap();
    Required::of(&[pattern.hir()], Reach::Line, Model::common())
}

/// The atoms as text, each with what is known around it.
fn atoms(pattern: &str) -> Vec<String> {
    let Some(required) = required(pattern) else { return vec!["nothing".to_owned()] };
    let show = |sets: &[ByteSet]| {
        let sets: Vec<String> = sets.iter().map(|set| format!("{set:?}")).collect();
        sets.concat()
    };
    let around = |set: Option<ByteSet>| match set {
        None => "",
        Some(set) if set == ByteSet::word().not() => "|",
        Some(set) if set.is_within(ByteSet::one(b'\n').or(ByteSet::one(b'\r'))) => "$",
        Some(_) => "?",
    };
    let show =
        |atom: &Atom| format!("{}{}{}", around(atom.before), show(&atom.body), around(atom.after));
    required.atoms.iter().map(show).collect()
}

fn check(pattern: &str, expected: &[&str]) {
    assert_eq!(atoms(pattern), expected, "{pattern}");
}

#[test]
fn of_patterns_that_must_all_match_the_rarest_set_is_looked_for() {
    let (frequent, rare) = (Pattern::new("[a-z]+").unwrap(), Pattern::new("quorum").unwrap());
    let of = |patterns: &[&Pattern]| {
        let patterns: Vec<&Hir> = patterns.iter().map(|pattern| pattern.hir()).collect();
        Required::of(&patterns, Reach::Line, Model::common()).map(|own| own.atoms)
    };
    assert!(of(&[&frequent]).is_none());
    assert_eq!(of(&[&frequent, &rare]), of(&[&rare]));
    let again = Required::of(
        &[Pattern::new("lost").unwrap().hir(), rare.hir()],
        Reach::Line,
        Model::common(),
    );
    assert!(again.unwrap().second.is_some(), "the other one is looked for besides");
}

#[test]
fn a_literal_is_its_own_atom_and_any_case_widens_its_positions() {
    check("segfault", &["segfault"]);
    check("(?i)oom", &["[Oo][Oo][Mm]"]);
    check("(?i)5k", &["5[Kk]"]);
}

#[test]
fn what_is_around_tells_more() {
    check(r"^x=1$", &["$x=1$"]);
    check(r"\bOOM\b", &["|OOM|"]);
    check(r"\b5\d{2}\b", &["|5[0123456789][0123456789]|"]);
}

#[test]
fn the_rarest_part_is_taken_wherever_it_is() {
    check(r"\d+ .*quuxly.*GET", &["quuxly"]);
    check(r"user=(?P<user>\w+) xyzzy", &["[63 bytes] xyzzy"]);
    check(r"(?:error|warn): zq", &["error: zq", "warn: zq"]);
    check(r"(?:kill|abort)ed?", &["aborte", "aborted", "kille", "killed"]);
}

#[test]
fn what_may_be_left_out_is_not_required() {
    check(r"(?:zqx)?zzz", &["zzz"]);
    check(r"(?:zqx)*zzz", &["zzz"]);
    check(r"(?:zqx){2}", &["zqxzqx"]);
    check(r"(?:zqx|zqy)+", &["zq[xy]"]);
}

#[test]
fn some_patterns_require_nothing_rare() {
    for pattern in ["x*", ".*", r"\d", r"^$", r"\w+\s", "a|.*", r"[^x]", "e"] {
        check(pattern, &["nothing"]);
    }
}

#[test]
fn a_second_set_is_from_another_place() {
    let second = |pattern| Some(required(pattern)?.second?.len());
    assert_eq!(second("quuxly.*xyzzyx"), Some(1));
    assert_eq!(second("quuxly"), None);
}

#[test]
fn letters_outside_ascii_are_their_bytes() {
    check("ärger", &[r"\xc3\xa4rger"]);
    check("(?i)ß", &[r"\xc3\x9f", r"\xe1\xba\x9e"]);
}

#[test]
fn many_alternatives_are_all_required() {
    let words = |n: u32| -> Vec<String> {
        (1..=n).map(|n| format!("{:08x}", n.wrapping_mul(0x9E37_79B1))).collect()
    };
    let words = |n| words(n).join("|");
    assert_eq!(required(&words(200)).unwrap().atoms.len(), 200);
    assert!(required(&words(1_000)).is_none(), "too many to look for");
}
