use super::*;
use crate::flow::{Mute, MuteId};

fn mute(selector: &str, since: u64, until: u64) -> Mute {
    Mute {
        id: MuteId::default(),
        selector: selector.parse().unwrap(),
        who: String::new(),
        why: String::new(),
        since: at(since),
        until: at(until),
        until_resolved: false,
    }
}

#[test]
fn a_mute_ends_when_its_time_has_come_and_that_is_saved() {
    let mut engine = started(settings((60, 60), 0));
    let first = engine.mute(mute("rule=*", 0, 100), at(0)).unwrap();
    let second = engine.mute(mute("rule=*", 0, 50), at(0)).unwrap();
    assert_eq!(engine.deadline(), Some(at(50)));
    engine.on_time(at(50));
    assert_eq!(engine.mutes().iter().map(|mute| mute.id).collect::<Vec<_>>(), [first]);
    let changes = engine.take_changes();
    assert_eq!((changes.mutes.len(), changes.unmuted), (2, vec![second]));
    assert_eq!(engine.unmute(second, at(51)), None);
    assert_eq!(engine.unmute(first, at(51)), Some(Vec::new()));
    assert_ne!(engine.mute(mute("rule=*", 0, 100), at(60)), Ok(second));
}

#[test]
fn there_are_only_so_many_mutes() {
    let mut engine = started(settings((60, 60), 0));
    for _ in 0..Mute::MAX {
        engine.mute(mute("rule=*", 0, 100), at(0)).unwrap();
    }
    assert_eq!(engine.mute(mute("rule=*", 0, 100), at(0)), Err(TooManyMutes));
    assert!(engine.mute(mute("rule=*", 0, 100), at(100)).is_ok());
}
