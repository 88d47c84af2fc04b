use fastrand::Rng;

use super::*;
use crate::matcher::atoms::ByteSet;

fn class(rng: &mut Rng) -> ByteSet {
    match rng.u8(..6) {
        0 => ByteSet::range(b'0', b'9'),
        1 => ByteSet::range(0x80, 0xbf),
        2 => ByteSet::word(),
        _ => ByteSet::one(rng.u8(..)).or(ByteSet::one(rng.u8(b'a'..=b'e'))),
    }
}

/// Up to five banks of one width, some of whose windows are shorter.
fn banks(rng: &mut Rng) -> Vec<Bank> {
    let width = Bank::WIDTHS[rng.usize(..Bank::WIDTHS.len())];
    let bank = |rng: &mut Rng| {
        let window = |rng: &mut Rng| -> Vec<ByteSet> {
            (0..rng.usize(2..=width)).map(|_| class(rng)).collect()
        };
        let windows: Vec<_> = (0..rng.usize(..20)).map(|_| (rng.usize(..8), window(rng))).collect();
        Bank::new(width, windows.iter().map(|(bucket, window)| (*bucket, window.as_slice())))
    };
    (0..rng.usize(..=5)).map(|_| bank(rng)).collect()
}

fn text(rng: &mut Rng) -> Vec<u8> {
    let byte = |rng: &mut Rng| if rng.bool() { rng.u8(b'a'..=b'e') } else { rng.u8(..) };
    (0..rng.usize(..700)).map(|_| byte(rng)).chain([b'\n'; Kernel::PADDING]).collect()
}

fn scan_with(kernel: Kernel, banks: &[Bank], bytes: &[u8], places: &Range<usize>) -> Vec<Block> {
    let mut blocks = vec![Block::default(); Kernel::n_blocks(banks.len(), places.len())];
    let n = kernel.scan(banks, bytes, places, &mut blocks);
    blocks.truncate(n);
    blocks.sort_by_key(|block| (block.at, block.bank));
    blocks
}

#[test]
fn each_kernel_notes_the_same_words_as_its_twin() {
    let mut rng = Rng::with_seed(46);
    for _ in 0..500 {
        let (banks, bytes) = (banks(&mut rng), text(&mut rng));
        let end = bytes.len() - Kernel::PADDING;
        let places = rng.usize(..=end)..end;
        for kernel in Simd::available().map(|simd| Kernel::of(simd).unwrap()) {
            let n_blocks = Kernel::n_blocks(banks.len(), places.len());
            let mut blocks = vec![Block::default(); n_blocks];
            let mut out = Out { bytes: &bytes, places: places.clone(), blocks: &mut blocks, n: 0 };
            scalar(&banks, kernel.tables(), &mut out);
            let n = out.n;
            blocks.truncate(n);
            assert_eq!(scan_with(kernel, &banks, &bytes, &places), blocks, "{kernel:?}");
        }
    }
}

#[test]
fn no_kernel_leaves_out_a_place_that_is_of_a_bucket() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..200 {
        let (banks, bytes) = (banks(&mut rng), text(&mut rng));
        let places = 0..bytes.len() - Kernel::PADDING;
        for kernel in Simd::available().map(|simd| Kernel::of(simd).unwrap()) {
            let blocks = scan_with(kernel, &banks, &bytes, &places);
            for place in places.clone() {
                for (number, bank) in (0..).zip(&banks) {
                    let is_noted = blocks.iter().any(|block| {
                        let at = block.at as usize;
                        block.bank == number
                            && (at..at + STEP).contains(&place)
                            && block.places >> (place - at) & 1 == 1
                    });
                    assert!(is_noted || bank.buckets(&bytes[place..]) == 0, "{kernel:?} {place}");
                }
            }
        }
    }
}

#[test]
fn what_this_processor_lacks_is_refused_by_name() {
    let missing = Simd::ALL.into_iter().filter(|simd| Kernel::of(*simd).is_none());
    for simd in missing {
        let error = simd.kernel().unwrap_err().to_string();
        assert!(error.contains(simd.name()) && error.contains("`off`"), "{error}");
    }
    let unknown = "sse9".parse::<Simd>().unwrap_err().to_string();
    assert_eq!(unknown, "`sse9` names no instructions; write `off`, `avx2`, `avx512` or `neon`");
    assert_eq!("".parse::<Simd>(), Ok(Simd::Best));
    assert!(Simd::available().all(|simd| simd.name().parse() == Ok(simd)));
}
