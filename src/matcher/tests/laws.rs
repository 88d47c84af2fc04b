use fastrand::Rng;

use super::super::laws;

/// Cases of the law, the same in each run.
const N_CASES: usize = 120;

#[test]
fn every_match_of_every_pattern_is_found_with_all_instructions_however_the_log_is_cut() {
    let mut rng = Rng::with_seed(46);
    for _ in 0..N_CASES {
        let bytes: Vec<u8> = (0..rng.usize(..700)).map(|_| rng.u8(..)).collect();
        laws::every_match(&bytes);
    }
}

#[test]
fn every_event_whose_fields_are_as_asked_is_found_however_they_are_written() {
    let mut rng = Rng::with_seed(47);
    for _ in 0..N_CASES {
        let bytes: Vec<u8> = (0..rng.usize(..400)).map(|_| rng.u8(..)).collect();
        laws::every_field(&bytes);
    }
}

#[test]
fn what_a_pattern_matches_holds_an_atom_of_each_set_that_it_requires() {
    let mut rng = Rng::with_seed(48);
    let mut n_matching = 0;
    for _ in 0..8 * N_CASES {
        let bytes: Vec<u8> = (0..rng.usize(..200)).map(|_| rng.u8(..)).collect();
        n_matching += laws::every_atom(&bytes);
    }
    assert!(n_matching > 4 * N_CASES, "{n_matching}");
}
