//! `@reload`, `@mute` and `@unmute` in tests beside the rules: what is under way when it happens.

use serde_json::Value;

use super::rehearsals::{HEAD, Rules};

const EACH: &str = "group_by = 'who'\ndebounce = '5m'\nresolve_after = '20m'";
const DAYTIME: &str = "debounce = '5m'\nhours = '08:00-19:00 UTC'";
const STORM: &str = "group_by = 'who'\ndebounce = '5m'";
/// A rule that is of no matter.
const ANOTHER: &str = "[[rule]]\nname = 'another'\nfiles = '/a.log'\nmatch = 'zzz'\n";

fn rule(words: &str) -> String {
    format!("[[rule]]\nname = 'r'\nfiles = '/a.log'\nmatch = 'refused (?P<who>\\w+)'\n{words}\n")
}

/// The same that matches something else, as far as its detector tells.
fn otherwise(words: &str) -> String {
    rule(words).replace("refused", "efused")
}

/// What is told under `rule` while `lines` come, in which it may become `other`.
#[track_caller]
fn check(rule: &str, other: &str, lines: &str, until: &str, expected: &str) {
    let test = format!("[[test]]\nrule = 'r'\nuntil = '{until}'\nlines = \"\"\"\n{lines}\n\"\"\"");
    let rules = Rules::new(&format!("{rule}{test}\n"));
    rules.write("other.toml", &format!("{HEAD}{other}"));
    let told = rules.told();
    let told: Vec<_> = told.iter().map(|(at, kind, n)| format!("{at} {kind} {n}")).collect();
    assert_eq!(told.join(", "), expected, "{lines}\n{other}");
}

#[test]
fn what_is_open_goes_on_by_new_words_and_is_closed_where_something_else_is_detected() {
    let lines = "0s x2/1m | refused ann\n2m @reload other.toml\n3m | refused ann\n4m | refused bob";
    let whole = "0s open 1, 4m open 1, 5m summary 2, 23m resolved 0, 24m resolved 0";
    check(&rule(EACH), &rule(EACH), lines, "1h", whole);
    let slower = EACH.replace("5m", "10m");
    let later = "0s open 1, 4m open 1, 10m summary 2, 23m resolved 0, 24m resolved 0";
    check(&rule(EACH), &rule(&slower), lines, "1h", later);
    let anew = "0s open 1, 2m summary 1, 3m open 1, 4m open 1, 23m resolved 0, 24m resolved 0";
    check(&rule(EACH), &otherwise(EACH), lines, "1h", anew);
    check(&rule(EACH), ANOTHER, lines, "1h", "0s open 1, 2m summary 1");
    let back = format!("{lines}\n5m @reload logbell.toml\n6m | refused ann\n7m @restart");
    let expected = "0s open 1, 2m summary 1, 6m open 1, 26m resolved 0";
    check(&rule(EACH), ANOTHER, &back, "1h", expected);
    // Where nothing is held, the one line says only that it is over.
    let lines = "0s | refused ann\n2m @reload other.toml";
    check(&rule(EACH), ANOTHER, lines, "1h", "0s open 1, 2m resolved 0");
    check(&rule(EACH), &otherwise(EACH), lines, "1h", "0s open 1, 2m resolved 0");
}

#[test]
fn what_is_muted_stays_muted_and_is_counted_when_the_mute_ends() {
    let lines = "@mute rule=r --for 10m --why 'a deploy'\n0s x3/1m | refused ann\n\
                 2m30s @reload other.toml\n3m | refused ann";
    let expected = "10m open 4, 23m resolved 0";
    check(&rule(EACH), &rule(&format!("{EACH}\ntitle = 'x'")), lines, "1h", expected);
    // Of that which was given up while it was muted nothing was told: it comes in a digest.
    let given_up = "10m open 1, 10m digest 3, 23m resolved 0";
    check(&rule(EACH), &otherwise(EACH), lines, "1h", given_up);
    check(&rule(EACH), ANOTHER, lines, "1h", "10m digest 3");
}

#[test]
fn a_mute_is_ended_by_its_matchers_its_number_or_with_all() {
    let lines = "@mute rule=r who=a* --for 1h\n0s x3/1m | refused ann\n0s | refused bob";
    let expected = "0s open 1, 3m open 3, 8m summary 1, 20m resolved 0, 24m resolved 0";
    for which in ["rule=r who=a*", "1", "--all"] {
        let lines = format!("{lines}\n3m @unmute {which}\n4m | refused ann");
        check(&rule(EACH), "", &lines, "1h", expected);
    }
    let text = "[[test]]\nrule = 'r'\nlines = '3m @unmute 1'\nsilent = true\n";
    let rules = Rules::new(&format!("{}{text}", rule(EACH)));
    let output = rules.test(&["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8(output.stdout).unwrap();
    let result: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(result["error"], "at 3m: there is no such mute as `@unmute` is to end");
}

#[test]
fn what_is_held_outside_hours_is_told_by_the_hours_of_now() {
    let lines = "1h x3/1m | refused ann\n2h @reload other.toml\n3h | refused ann";
    check(&rule(DAYTIME), &rule(DAYTIME), lines, "9h", "8h digest 4");
    check(&rule(DAYTIME), &rule(&DAYTIME.replace("08", "05")), lines, "9h", "5h digest 4");
    check(&rule(DAYTIME), &rule("debounce = '5m'"), lines, "9h", "2h digest 3, 3h open 1");
    check(&rule(DAYTIME), &otherwise(DAYTIME), lines, "9h", "8h digest 4");
    check(&rule(DAYTIME), ANOTHER, lines, "9h", "2h digest 3");
}

#[test]
fn a_storm_goes_on_and_is_told_where_its_rule_changes() {
    let lines: Vec<_> = (0..20).map(|at| format!("{at}s | refused a{at}")).collect();
    let lines = format!("{}\n10s @reload other.toml", lines.join("\n"));
    let opens = "0s open 1, 1s open 1, 2s open 1, 3s open 1, 4s open 1";
    let same = rule(&format!("{STORM}\nseverity = 'critical'"));
    check(&rule(STORM), &same, &lines, "1h", &format!("{opens}, 1m14s digest 15"));
    let closed = ["10s resolved 0"; 5].join(", ");
    let gone = format!("{opens}, {closed}, 10s digest 6");
    check(&rule(STORM), ANOTHER, &lines, "1h", &gone);
    let anew = "11s open 1, 12s open 1, 13s open 1, 14s open 1, 15s open 1, 1m16s digest 4";
    check(&rule(STORM), &otherwise(STORM), &lines, "1h", &format!("{gone}, {anew}"));
}

#[test]
fn what_a_detector_knows_stays_as_long_as_it_is_the_same() {
    let title = |words: &str| rule(&format!("{words}\ntitle = 'x'"));
    let new = "new = 'who'\ndebounce = '5m'";
    let lines = "0s | refused ann\n1m @reload other.toml\n10m | refused ann\n11m | refused bob";
    check(&rule(new), &title(new), lines, "1h", "0s open 1, 11m open 1");
    let anew = "0s open 1, 1m resolved 0, 10m open 1, 11m open 1";
    check(&rule(new), &otherwise(new), lines, "1h", anew);
    let learn = "new = 'who'\nlearn = '1h'";
    let learnt = "0s | refused ann\n1m @reload other.toml\n70m | refused bob\n71m | refused ann";
    check(&rule(learn), &title(learn), learnt, "2h", "1h10m open 1");
    let count = "count = 4\nwithin = '5m'\ndebounce = '5m'";
    let half = "0s x2/10s | refused ann\n1m @reload other.toml\n2m x2/10s | refused ann";
    check(&rule(count), &title(count), half, "1h", "2m10s open 4");
    check(&rule(count), &otherwise(count), half, "1h", "");
    let absent = "absent = '10m'";
    let armed = "0s | refused ann\n5m @reload other.toml";
    check(&rule(absent), &title(absent), armed, "12m", "10m open 0");
    check(&rule(absent), &rule("absent = '15m'"), armed, "21m", "20m open 0");
    let away = "0s | refused ann\n12m @reload other.toml\n13m | refused ann";
    check(&rule(absent), &title(absent), away, "20m", "10m open 0, 13m resolved 0");
    check(&rule(absent), &rule("absent = '15m'"), away, "20m", "10m open 0, 12m resolved 0");
    let spike = "spike = 3\ncount = 5\nwithin = '1m'\ndebounce = '5m'";
    let burst = "0s x40/20s | refused ann\n12m @reload other.toml\n13m20s x20/1s | refused ann";
    check(&rule(spike), &title(spike), burst, "20m", "13m27s open 10, 18m27s summary 12");
    let pair = "unless = 'done (?P<who>\\w+)'\nwithin = '5m'\ndebounce = '5m'";
    let begun = "0s | refused ann\n2m @reload other.toml\n3m | refused bob\n4m | done ann";
    check(&rule(pair), &title(pair), begun, "12m", "8m open 1");
}

#[test]
fn what_holds_back_goes_on_over_a_reload_also_of_a_rule_that_was_not_held_back_before() {
    let cause = "[[rule]]\nname = 'cause'\nfiles = '/b.log'\nmatch = 'DOWN'\ndebounce = '10m'\n";
    let held = format!("{cause}{}", rule(&format!("{EACH}\ninhibited_by = 'cause'")));
    let lines = "0s | DOWN\n1m @reload other.toml\n2m | refused ann";
    check(&held, &held, lines, "13m", "12m open 1");
    check(&format!("{cause}{}", rule(EACH)), &held, lines, "13m", "12m open 1");
    let free = format!("{cause}{}", rule(EACH));
    check(&held, &free, "0s | DOWN\n1m | refused ann\n2m @reload other.toml", "13m", "2m open 1");
}

#[test]
fn what_is_told_over_a_reload_can_be_accepted() {
    let test = "[[test]]\nrule = 'r'\nuntil = '10m'\nlines = '''\n0s | refused ann\n\
                1m @mute rule=r who=ann --for 1m\n1m @reload other.toml\n2m | refused bob\n'''\n";
    let by_file = EACH.replace("'who'", "['who', 'file']");
    let rules = Rules::new(&format!("{}{test}", rule(EACH)));
    rules.write("other.toml", &format!("{HEAD}{}", rule(&by_file)));
    let output = rules.test(&["--accept"]);
    assert!(output.status.success(), "{output:?}");
    let output = rules.test(&[]);
    assert!(output.status.success(), "{output:?}");
    let written = std::fs::read_to_string(rules.folder().join("logbell.toml")).unwrap();
    assert!(written.contains(r#"who = "bob", file = "/a.log""#), "{written}");
}
