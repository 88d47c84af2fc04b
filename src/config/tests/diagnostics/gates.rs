//! `hours`, `inhibited_by`, `wait`, `escalate`: what is said of gates.

use insta::assert_snapshot;

use super::super::{Fake, Secrets};
use super::{said, said_of_rule};

/// What is wrong with a rule's `hours`, how many characters it points at, and what helps.
fn of_hours(hours: &str) -> String {
    let said = said_of_rule(&format!("hours = \"{hours}\""));
    let n = said.matches('^').count();
    let line = |start| said.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
    let help = line("help: ")
        .trim_start_matches("write for example `hours = \"mon-fri 08:00-19:00 Europe/Berlin\"`");
    let help = if help.is_empty() { String::new() } else { format!("; {help}") };
    format!("{} ({n}){help}", line("error: `hours`: "))
}

#[test]
fn hours_that_are_none() {
    assert_snapshot!(said_of_rule("hours = \"mon-fri 08:00-19:00 Europe/Brlin\""), @r#"
    error: `hours`: there is no time zone `Europe/Brlin`
     --> logbell.toml:7:30
    7 | hours = "mon-fri 08:00-19:00 Europe/Brlin"
      |                              ^^^^^^^^^^^^
    help: did you mean `Europe/Berlin`?
    "#);
    let all = [
        "monday 8:00-9:00",
        "x",
        "8-19",
        "08:00-08:00",
        "08:00-25:00",
        "24:00-07:00",
        "2000:00-3000:00",
        "mon; ; tue",
        "mon 08:00-09:00 UTC; tue",
        "mon 08:00-09:00 UTC UTC",
        "",
    ];
    let said: Vec<_> = all.into_iter().map(of_hours).collect();
    assert_snapshot!(said.join("\n"), @r"
    `monday` is no day (6); did you mean `mon`?
    `x` is no day (1); days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`
    expected times as in `08:00-19:00`, not `8-19` (4)
    `08:00-08:00` is no time at all (11); write `00:00-24:00` for whole days
    expected times as in `08:00-19:00`, not `08:00-25:00` (11)
    expected times as in `08:00-19:00`, not `24:00-07:00` (11)
    expected times as in `08:00-19:00`, not `2000:00-3000:00` (15)
    days and times are missing (1)
    the time zone stands at the end, and is that of all (3)
    `UTC` is too much here (3)
    days and times are missing (1)
    ");
    for hours in ["mon", "fri-mon,wed 22:00-07:00; 8:00-24:00 UTC", "SAT UTC"] {
        assert_eq!(said_of_rule(&format!("hours = \"{hours}\"")), "");
    }
}

#[test]
fn hours_of_what_is_critical() {
    assert_snapshot!(said_of_rule("severity = 'critical'\nhours = 'mon-fri UTC'"), @r"
    warning: what is `critical` is told at all hours
     --> logbell.toml:8:1
    8 | hours = 'mon-fri UTC'
      | ^^^^^
    help: leave out `hours`, or lower the rule's `severity`
    ");
}

#[test]
fn rules_that_hold_back_each_other() {
    assert_snapshot!(said_of_rule("inhibited_by = ['oom', 'oon']"), @r"
    error: rules that hold back each other would never be told
     --> logbell.toml:7:17
    7 | inhibited_by = ['oom', 'oon']
      |                 ^^^^^
    help: leave it out: no rule holds back itself

    error: there is no rule `oon`
     --> logbell.toml:7:24
    7 | inhibited_by = ['oom', 'oon']
      |                        ^^^^^
    help: did you mean `oom`?
    ");
    let rule = |name: &str, by: &str| {
        format!(
            "[[rule]]\nname = '{name}'\nfiles = '/a'\nmatch = 'x'\nwebhook = 'w'\n\
             inhibited_by = '{by}'\n"
        )
    };
    let rules = [rule("a", "b"), rule("b", "c"), rule("c", "b")].concat();
    assert_snapshot!(said(&format!("webhook.w.url = 'room'\n{rules}")), @r"
    error: rules that hold back each other would never be told
      --> logbell.toml:13:16
    13 | inhibited_by = 'c'
       |                ^^^
    help: leave out one of these: `c` → `b`

    error: rules that hold back each other would never be told
      --> logbell.toml:19:16
    19 | inhibited_by = 'b'
       |                ^^^
    help: leave out one of these: `b` → `c`
    ");
}

#[test]
fn a_default_does_not_hold_back_the_rule_that_it_names() {
    let text = "webhook.w.url = 'room'\n[defaults]\nwebhook = 'w'\ninhibited_by = 'a'\n\
                [[rule]]\nname = 'a'\nfiles = '/a'\nmatch = 'x'\n\
                [[rule]]\nname = 'b'\nfiles = '/a'\nmatch = 'y'\n";
    let loaded = Fake::default().parse(text, Secrets::Fetch);
    let gates = loaded.settings.unwrap().rules.into_iter().map(|rule| rule.engine.gates);
    let gates: Vec<_> =
        gates.map(|gates| (gates.inhibited_by.len(), gates.wait.as_secs())).collect();
    assert_eq!(gates, [(0, 0), (1, 5)]);
}

#[test]
fn an_escalation_to_nobody() {
    assert_snapshot!(said_of_rule("escalate = { after = '0s', webhok = 'oncal' }"), @r"
    error: `after` must be longer than zero
     --> logbell.toml:7:22
    7 | escalate = { after = '0s', webhok = 'oncal' }
      |                      ^^^^

    error: unknown key `webhok`
     --> logbell.toml:7:28
    7 | escalate = { after = '0s', webhok = 'oncal' }
      |                            ^^^^^^
    help: did you mean `webhook`?
    ");
    assert_snapshot!(said_of_rule("escalate = { after = 30, webhook = 'oncal' }\nwait = 5"), @r#"
    error: `after` takes text in quotes, not this number
     --> logbell.toml:7:22
    7 | escalate = { after = 30, webhook = 'oncal' }
      |                      ^^
    help: write `after = "30s"` for seconds

    error: there is no webhook `oncal`
     --> logbell.toml:7:36
    7 | escalate = { after = 30, webhook = 'oncal' }
      |                                    ^^^^^^^
    help: did you mean `oncall`?

    error: `wait` takes text in quotes, not this number
     --> logbell.toml:8:8
    8 | wait = 5
      |        ^
    help: write `wait = "5s"` for seconds
    "#);
    let boss = "escalate = { after = '30m', webhook = 'boss' }\n\
                [webhook.boss]\nurl = 'room'\nseverity = 'error'";
    assert_snapshot!(said_of_rule(boss), @r"
    error: no webhook of the rule `oom` takes `warning`
     --> logbell.toml:7:39
    7 | escalate = { after = '30m', webhook = 'boss' }
      |                                       ^^^^^^
    help: `boss` takes `error` at least: name another webhook, or raise the rule's `severity`
    ");
}
