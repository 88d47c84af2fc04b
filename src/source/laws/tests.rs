use fastrand::Rng;

/// Cases of each law.
const N_CASES: usize = 3_000;

/// Cases of the law of archives: each unpacks up to a megabyte several times.
const N_ARCHIVES: usize = 300;

/// Holds a law in made-up cases, which are the same in each run.
fn hold(law: fn(&[u8])) {
    hold_in(N_CASES, law);
}

fn hold_in(n_cases: usize, law: fn(&[u8])) {
    let mut rng = Rng::with_seed(46);
    for _ in 0..n_cases {
        let bytes: Vec<u8> = (0..rng.usize(..600)).map(|_| rng.u8(..)).collect();
        law(&bytes);
    }
}

#[test]
fn a_file_is_split_to_the_same_lines_however_it_grows_and_is_read() {
    hold(super::whole_lines);
}

#[test]
fn container_logs_say_the_same_however_they_are_cut_and_wherever_it_goes_on() {
    hold(super::container_logs);
}

#[test]
fn text_in_other_encodings_is_decoded_line_by_line() {
    hold(super::encoded_logs);
}

#[test]
fn archives_give_what_was_packed_wherever_they_are_read_and_say_where_they_are_damaged() {
    hold_in(N_ARCHIVES, super::archives);
}
