use super::*;
use crate::flow::SourceId;
use crate::matcher::MatchSettings;
use crate::matcher::tests::lines;

fn text(text: &str) -> Test {
    Test::Text(text.into())
}

fn number(compare: Compare, bound: &str) -> Test {
    Test::Number(compare, Number::parse(bound.as_bytes()).unwrap())
}

/// Whether a field that is `value` meets a condition.
fn is_met(any: &[Test], none: &[Test], value: Option<&str>) -> bool {
    let condition = Condition::new("x".into(), any.to_vec(), none.to_vec(), Form::Json);
    condition.is_met(value.map(str::as_bytes), |place, pattern, value| {
        assert_eq!(condition.patterns().nth(place).unwrap().as_str(), pattern.as_str());
        pattern.compile().is_match(value)
    })
}

#[test]
fn one_of_any_and_none_of_none_and_what_is_not_there_is_nothing() {
    let any = [text("error"), Test::Like(Pattern::new("^fat").unwrap())];
    let none = [Test::Like(Pattern::new("al$").unwrap())];
    let check = |any: &[Test], none: &[Test], value, expected| {
        assert_eq!(is_met(any, none, value), expected, "{value:?}");
    };
    check(&any, &[], Some("error"), true);
    check(&any, &[], Some("fatal"), true);
    check(&any, &[], Some("Error"), false);
    check(&any, &[], None, false);
    check(&any, &none, Some("fatal"), false);
    check(&any, &none, Some("fat"), true);
    check(&[], &none, Some("x"), true);
    check(&[], &none, None, true);
    check(&[Test::There], &none, None, false);
    check(&[Test::There], &[text("")], Some(""), false);
}

#[test]
fn numbers_compare_by_what_they_are_worth_and_text_is_none() {
    let holds =
        |compare, bound: &str, value: &str| is_met(&[number(compare, bound)], &[], Some(value));
    assert!(holds(Compare::AtLeast, "500", "500") && holds(Compare::AtLeast, "500", "5.01e2"));
    assert!(!holds(Compare::Above, "500", "500.0") && holds(Compare::Above, "500", "0501"));
    assert!(holds(Compare::Below, "0.5", "-3") && !holds(Compare::Below, "-3", "-3"));
    assert!(holds(Compare::AtMost, "-3", "-3") && holds(Compare::Equal, "500", "5e2"));
    assert!(holds(Compare::Equal, "9007199254740993", "9007199254740993"));
    assert!(!holds(Compare::Equal, "9007199254740993", "9007199254740992"));
    for value in ["", "12ms", "abc", "0x1f4", "inf", "NaN", "1.", ".5", "1,000", "--1", "+5"] {
        assert!(!holds(Compare::Above, "-1", value) && !holds(Compare::AtMost, "1", value));
    }
}

/// The lines of `log` with fields that meet `any`.
fn found(form: Form, any: Test, log: &str) -> usize {
    let when = vec![Condition::new("level".into(), vec![any], Vec::new(), form)];
    let every = vec![Pattern::of_any_event()];
    let rule = MatchSettings { when, form: Some(form), ..MatchSettings::new(SourceId(0), every) };
    lines(&[rule], log.as_bytes()).len()
}

#[test]
fn a_value_is_found_however_it_is_escaped() {
    let log = "{\"level\":\"a/b\"}\n{\"level\" : \"a\\/b\"}\n{\"l\\u0065vel\":\"a\\u002Fb\"}\n\
               {\"lev\":\"a/b\"}\na/b\n{\"level\":\"a/b\"\n";
    assert_eq!(found(Form::Json, text("a/b"), log), 3);
    assert_eq!(found(Form::Json, Test::Like(Pattern::new("^a/").unwrap()), log), 3);
    assert_eq!(found(Form::Logfmt, text("a/b"), "level=a/b\nlevel=\"a\\/b\" x\nlevel=ab\n"), 2);
}

#[test]
fn what_is_looked_for_is_rare_where_it_can_be() {
    let atoms = |any: Test| {
        let condition = Condition::new("level".into(), vec![any], Vec::new(), Form::Json);
        let atoms = crate::matcher::survey::atoms_of(condition.needs().unwrap());
        atoms.join(" ")
    };
    let error = atoms(text("error"));
    assert!(error.contains(r#"level":"error""#) && !error.contains(" :"), "{error}");
    let status = atoms(number(Compare::AtLeast, "500"));
    assert!(status.contains(r#"level":[5-9][0-9]{2}"#), "{status}");
}

/// Whether an event with this text is looked at, of those in which the field `name` is `any`.
fn is_looked_at(form: Form, name: &str, any: Test, event: &str) -> bool {
    let condition = Condition::new(name.into(), vec![any], Vec::new(), form);
    let settings = regex_automata::meta::Config::new().utf8_empty(false);
    let mut builder = regex_automata::meta::Builder::new();
    let needs = builder.configure(settings).build_from_hir(condition.needs().unwrap());
    needs.unwrap().is_match(event)
}

#[test]
fn a_number_is_looked_at_that_is_as_large_only_when_it_is_read() {
    for compare in [Compare::AtLeast, Compare::Equal] {
        for (bound, value) in [
            ("500", "499.99999999999999999999"),
            ("100", "99.99999999999999999999"),
            ("100.0", "99.99999999999999999999"),
            ("1", "0.99999999999999999999"),
            ("12.5", "12.4999999999999999999999"),
        ] {
            assert!(is_met(&[number(compare, bound)], &[], Some(value)), "{value} is {bound}");
            for (form, event) in [
                (Form::Json, format!("{{\"status\":{value}}}")),
                (Form::Json, format!("{{\"status\": \"{value}\"}}")),
                (Form::Logfmt, format!("status={value}")),
            ] {
                let test = number(compare, bound);
                assert!(is_looked_at(form, "status", test, &event), "{event} for {bound}");
            }
        }
    }
    let least = || number(Compare::AtLeast, "500");
    assert!(!is_looked_at(Form::Json, "status", least(), "{\"status\":499.5}"));
    assert!(!is_looked_at(Form::Json, "status", least(), "{\"status\":200}"));
}

#[test]
fn the_dot_before_a_place_may_be_written_as_its_number() {
    for event in ["{\"http.500\":1}", "{\"http\\u002e500\":1}", "{\"http\\u002E500\":1}"] {
        let values = crate::fields::values(Form::Json, event.as_bytes(), &["http.500"]);
        assert_eq!(values, [Some(b"1".to_vec())]);
        for test in [Test::There, text("1"), number(Compare::AtLeast, "1")] {
            assert!(is_looked_at(Form::Json, "http.500", test, event), "{event}");
        }
    }
}
