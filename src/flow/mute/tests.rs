use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn key(words: &[(&str, &str)]) -> GroupKey {
    GroupKey(words.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
}

#[track_caller]
fn check(selector: &str, expected: bool) {
    let selector: Selector = selector.parse().unwrap();
    let group = key(&[("vhost", "shop.example.com"), ("path", "a b\"*\\")]);
    let labels: Labels = vec![(Arc::from("team"), Arc::from("web"))];
    let selected = Selected {
        rule: "nginx-5xx",
        severity: Severity::Error,
        source: "nginx",
        group: &group,
        labels: &labels,
    };
    assert_eq!(selector.selects(&selected), expected, "{selector}");
}

#[test]
fn every_term_must_fit() {
    check("rule=nginx-5xx", true);
    check("rule=nginx-5xx vhost=shop*", true);
    check("rule=nginx-5xx vhost=blog*", false);
    check("rule=nginx", false);
    check("severity=error source=nginx team=web", true);
    check("severity=critical", false);
    // What it has nothing of does not fit, not even with anything.
    check("user=*", false);
}

#[test]
fn a_star_stands_for_any_characters() {
    check("rule=*", true);
    check("vhost=*.com", true);
    check("vhost=shop*com", true);
    check("vhost=*example*", true);
    check("vhost=s*p*e*.com", true);
    check("vhost=shop.example.com*", true);
    check("vhost=*com*com", false);
    check("vhost=shop.example.com*shop.example.com", false);
    check(r#"path="a b\"\*\\""#, true);
    check(r#"path="a b\"\*""#, false);
    check(r"rule=nginx\*", false);
}

#[test]
fn what_is_no_selector_is_told_with_its_place() {
    let check = |text: &str, expected: Range<usize>| {
        let error = text.parse::<Selector>().unwrap_err();
        assert_eq!(error.span, expected, "{error}");
    };
    check("  ", 0..2);
    check("nginx-5xx", 0..9);
    check("rule=a =b", 7..8);
    check("rule=", 4..5);
    check("rule=a vhost= x=y", 12..13);
    check("rule=\"a", 5..7);
    check("rule=\"a\"b", 8..9);
    check("rule=a\"b", 6..7);
    check(r"rule=a\b", 6..7);
    check("ü", 0..2);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        terms in prop::collection::vec(("[a-z_.]{1,5}", ".{0,9}"), 1..4), rule in ".{0,9}",
    ) {
        let terms: Vec<_> = terms.iter().map(|(name, value)| (&**name, &**value)).collect();
        let group = key(&terms);
        let selector = Selector::of_group(&rule, &group);
        let again: Selector = selector.to_string().parse().unwrap();
        prop_assert_eq!(&again, &selector);
        let labels = Labels::new();
        let (source, severity) = ("s", Severity::Info);
        let selected = Selected { rule: &rule, severity, source, group: &group, labels: &labels };
        let has_name_of_ours =
            terms.iter().any(|(name, _)| matches!(*name, "rule" | "source" | "severity"));
        prop_assert!(has_name_of_ours || again.selects(&selected));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z=\"*\\\\ ü]{0,20}") {
        if let Ok(selector) = text.parse::<Selector>() {
            prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
        }
    }

    #[test]
    fn a_glob_fits_as_a_regex_does(glob in "[ab*]{1,8}", text in "[ab]{0,8}") {
        let selector: Selector = format!("rule={glob}").parse().unwrap();
        let regex = format!("^{}$", glob.replace('*', ".*"));
        let expected = regex::Regex::new(&regex).unwrap().is_match(&text);
        let (group, labels) = (GroupKey::default(), Labels::new());
        let selected = Selected {
            rule: &text,
            severity: Severity::Info,
            source: "",
            group: &group,
            labels: &labels,
        };
        prop_assert_eq!(selector.selects(&selected), expected);
    }
}
