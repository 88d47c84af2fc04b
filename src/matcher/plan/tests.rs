use fastrand::Rng;

use super::*;
use crate::matcher::Simd;
use crate::matcher::atoms::ByteSet;
use crate::matcher::grams::Shape;

/// Atoms of words and classes, some of which ask for what is around them.
fn atoms(rng: &mut Rng, n: usize) -> Vec<Atom> {
    let line_end = ByteSet::one(b'\n').or(ByteSet::one(b'\r'));
    let around = |rng: &mut Rng| match rng.u8(..6) {
        0 => Some(line_end),
        1 => Some(ByteSet::word().not()),
        _ => None,
    };
    let position = |rng: &mut Rng| match rng.u8(..8) {
        0 => ByteSet::range(b'0', b'9'),
        1 => ByteSet::one(b'a').or(ByteSet::one(b'A')),
        2 => ByteSet::one(b'\n').not(),
        3 => ByteSet::range(0xc0, 0xff),
        _ => ByteSet::one(rng.u8(b'a'..=b'd')),
    };
    let atom = |rng: &mut Rng| Atom {
        before: around(rng),
        body: (0..rng.usize(1..14)).map(|_| position(rng)).collect(),
        after: around(rng),
    };
    (0..n).map(|_| atom(rng)).collect()
}

/// Lines that hold many of the atoms.
fn text(rng: &mut Rng, atoms: &[Atom]) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..rng.usize(..40) {
        let atom = &atoms[rng.usize(..atoms.len())];
        for set in &atom.body {
            let bytes: Vec<u8> = set.iter().collect();
            text.push(bytes[rng.usize(..bytes.len())]);
        }
        text.extend([&b"\n"[..], b"\r\n", b"", b" ", b"zz"][rng.usize(..5)]);
    }
    text
}

fn found(plan: &Plan, bytes: &[u8], range: Range<usize>) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    plan.find(bytes, &range, &mut Scratch::default(), &mut |atom, at| {
        if range.contains(&at) && at + plan.atoms[atom as usize].body.len() <= range.end {
            found.push((at, atom));
        }
        ControlFlow::Continue(())
    });
    found.sort_unstable();
    found.dedup();
    found
}

fn expected(atoms: &[Atom], bytes: &[u8], range: Range<usize>) -> Vec<(usize, u32)> {
    let end = range.end;
    let all = range.flat_map(|at| (0..).zip(atoms).map(move |(number, atom)| (at, number, atom)));
    let is_in =
        |at: usize, atom: &Atom| at + atom.body.len() <= end && verify::is_at(atom, bytes, at);
    let there = all.filter(|(at, _, atom)| is_in(*at, atom));
    there.map(|(at, number, _)| (at, number)).collect()
}

#[test]
fn every_way_to_find_atoms_finds_them_all_wherever_a_range_begins() {
    let mut rng = Rng::with_seed(46);
    let model = &Model::of(Model::common().sample()[..4 << 10].to_vec());
    for _ in 0..15 {
        let n_atoms = rng.usize(1..40);
        let atoms = atoms(&mut rng, n_atoms);
        let bytes = text(&mut rng, &atoms);
        let from = rng.usize(..=bytes.len());
        let mut range = from..rng.usize(from..=bytes.len());
        if rng.bool() {
            range = 0..bytes.len();
        }
        let expected = expected(&atoms, &bytes, range.clone());
        for kernel in Simd::available().map(|simd| simd.kernel().unwrap()) {
            let check = |plan: &Plan, way: &str| {
                assert_eq!(found(plan, &bytes, range.clone()), expected, "{kernel:?} {way}");
            };
            check(&Plan::new(atoms.clone(), kernel, model), "best");
            check(&Plan::small(atoms.clone(), kernel, model), "small");
            let mut planner = Planner::new(&atoms, kernel, model);
            for (stride, len) in Planner::SHAPES {
                let draft = planner.with_grams(Shape { stride, len });
                check(&draft.build(atoms.clone(), kernel), "letters");
            }
        }
    }
}

#[test]
fn a_plan_expects_what_it_then_finds() {
    let mut rng = Rng::with_seed(7);
    let atoms = atoms(&mut rng, 30);
    for kernel in Simd::available().map(|simd| simd.kernel().unwrap()) {
        let plan = Plan::new(atoms.clone(), kernel, Model::common());
        assert!(plan.rate() > 0.0 && plan.rate() <= 4.0, "{}", plan.rate());
    }
}
