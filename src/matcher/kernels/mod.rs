//! Where may a window of a bank be? With the widest instructions that the processor has.
//!
//! Each kernel looks 64 places up at a time and notes those of them that may be of a bucket, as bits
//! of a word. It is branchless: a word is always written, and counted only if it has a bit. Which
//! bucket it is, is looked up again at those places.
//!
//! This is the one file that may be `unsafe`: loads into wide registers have no safe form, nor has
//! the call of a function that asks for instructions which only some processors have. Each kernel
//! has a twin in safe code that tests compare it with, word by word.
#![allow(unsafe_code, reason = "SIMD: the only place for it")]
#![allow(clippy::inline_always, clippy::wildcard_imports, reason = "inmost loops of intrinsics")]

use std::ops::Range;

use super::bank::Bank;
use super::simd::Simd;

/// 64 places of which some may be of a bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Block {
    /// The first of the places.
    pub(super) at: u32,
    /// The bank, by its number.
    pub(super) bank: u32,
    /// A bit for each place, the lowest for the first.
    pub(super) places: u64,
}

/// A way to look bytes up that this processor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kernel(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// Which tables of a bank a kernel looks bytes up in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tables {
    /// By all eight bits.
    Exact,
    /// By the lower seven.
    Seven,
    /// By four and four.
    Nibbles,
}

/// Places that are looked up at a time.
const STEP: usize = u64::BITS as usize;

impl Kernel {
    /// Bytes that must follow the last place that is looked up.
    pub(super) const PADDING: usize = STEP + Bank::MAX_WIDTH;

    /// The kernel for `simd`, if this processor has what it takes.
    pub(super) fn of(simd: Simd) -> Option<Self> {
        let kind = match simd {
            Simd::Best => {
                return [Simd::Avx512, Simd::Avx2, Simd::Neon, Simd::Off]
                    .into_iter()
                    .find_map(Self::of);
            }
            Simd::Off => Kind::Scalar,
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 if is_x86_feature_detected!("avx2") => Kind::Avx2,
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vbmi") =>
            {
                Kind::Avx512
            }
            #[cfg(target_arch = "aarch64")]
            Simd::Neon if std::arch::is_aarch64_feature_detected!("neon") => Kind::Neon,
            Simd::Avx2 | Simd::Avx512 | Simd::Neon => return None,
        };
        Some(Self(kind))
    }

    /// The tables that it looks bytes up in.
    pub(super) fn tables(self) -> Tables {
        match self.0 {
            Kind::Scalar => Tables::Exact,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => Tables::Nibbles,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Tables::Seven,
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => Tables::Nibbles,
        }
    }

    /// Notes in `blocks` where among `places` of `bytes` a window of a bucket may begin, and returns
    /// how many blocks it wrote. `blocks` has room for as many as [`Self::n_blocks`] says, and at
    /// least [`Self::PADDING`] bytes follow the last place. The banks have windows of one width.
    pub(super) fn scan(
        self,
        banks: &[Bank],
        bytes: &[u8],
        places: &Range<usize>,
        blocks: &mut [Block],
    ) -> usize {
        assert!(places.end + Self::PADDING <= bytes.len(), "too few bytes behind the last place");
        assert!(u32::try_from(places.end).is_ok(), "places are numbers of 32 bits");
        assert!(blocks.len() >= Self::n_blocks(banks.len(), places.len()), "too few blocks");
        let mut out = Out { bytes, places: places.clone(), blocks, n: 0 };
        match self.0 {
            Kind::Scalar => scalar(banks, Tables::Exact, &mut out),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => x86::avx2_banks(banks, &mut out),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => x86::avx512_banks(banks, &mut out),
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => arm::neon_banks(banks, &mut out),
        }
        out.n
    }

    /// Blocks that [`Self::scan`] needs room for.
    pub(super) fn n_blocks(n_banks: usize, n_places: usize) -> usize {
        n_banks * n_places.div_ceil(STEP) + 1
    }
}

/// What is looked through, and what is noted of it.
struct Out<'a> {
    bytes: &'a [u8],
    places: Range<usize>,
    blocks: &'a mut [Block],
    n: usize,
}

impl<'a> Out<'a> {
    /// The first place of each block.
    fn firsts(&self) -> impl Iterator<Item = usize> + use<> {
        self.places.clone().step_by(STEP)
    }

    /// The bytes that a block at `at` looks at.
    #[inline(always)]
    fn block(&self, at: usize) -> &'a [u8; Kernel::PADDING] {
        let bytes: &'a [u8] = self.bytes;
        bytes[at..].first_chunk().expect("as many bytes follow the last place")
    }

    #[inline(always)]
    fn note(&mut self, at: usize, bank: usize, places: u64) {
        let left = self.places.end - at;
        let places = if left < STEP { places & ((1 << left) - 1) } else { places };
        #[expect(clippy::cast_possible_truncation, reason = "checked in `scan`; banks are few")]
        let block = Block { at: at as u32, bank: bank as u32, places };
        self.blocks[self.n] = block;
        self.n += usize::from(places != 0);
    }
}

/// The twin of all kernels: the same words, one byte after the other.
fn scalar(banks: &[Bank], tables: Tables, out: &mut Out<'_>) {
    for at in out.firsts() {
        let bytes = out.block(at);
        for (number, bank) in banks.iter().enumerate() {
            let is_there = |place: &usize| buckets(bank, tables, &bytes[*place..]) != 0;
            let places = (0..STEP).filter(is_there).fold(0, |places, place| places | 1 << place);
            out.note(at, number, places);
        }
    }
}

fn buckets(bank: &Bank, tables: Tables, place: &[u8]) -> u8 {
    let of = |position: usize| {
        let byte = usize::from(place[position]);
        match tables {
            Tables::Exact => unreachable!("looked up at once"),
            Tables::Seven => bank.seven[position][byte & 127],
            Tables::Nibbles => bank.low[position][byte & 15] & bank.high[position][byte >> 4],
        }
    };
    match tables {
        Tables::Exact => bank.buckets(place),
        _ => (0..bank.width).fold(u8::MAX, |bits, position| bits & of(position)),
    }
}

/// `$call` with `$width` as wide as the windows of `$bank`.
macro_rules! by_width {
    ($bank:expr, $width:ident => $call:expr) => {
        match $bank.width {
            3 => {
                const $width: usize = 3;
                $call
            }
            4 => {
                const $width: usize = 4;
                $call
            }
            _ => {
                const $width: usize = Bank::MAX_WIDTH;
                $call
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Bank, Out, STEP};

    pub(super) fn avx2_banks(banks: &[Bank], out: &mut Out<'_>) {
        for (number, bank) in banks.iter().enumerate() {
            // SAFETY: a kernel of this kind is made only where the processor has AVX2.
            unsafe { by_width!(bank, WIDTH => avx2::<WIDTH>(bank, number, out)) }
        }
    }

    pub(super) fn avx512_banks(banks: &[Bank], out: &mut Out<'_>) {
        for (i, two) in banks.chunks(2).enumerate() {
            let first = 2 * i;
            // SAFETY: a kernel of this kind is made only where the processor has AVX-512 F, BW and
            // VBMI.
            unsafe {
                match two {
                    [one, other] => {
                        by_width!(one, WIDTH => avx512::<WIDTH, 2>([one, other], first, out));
                    }
                    [one] => by_width!(one, WIDTH => avx512::<WIDTH, 1>([one], first, out)),
                    _ => (),
                }
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn avx2<const WIDTH: usize>(bank: &Bank, number: usize, out: &mut Out<'_>) {
        let table = |table: &[u8; 16]| _mm256_broadcastsi128_si256(load16(table));
        let low: [_; WIDTH] = std::array::from_fn(|position| table(&bank.low[position]));
        let high: [_; WIDTH] = std::array::from_fn(|position| table(&bank.high[position]));
        let four_bits = _mm256_set1_epi8(15);
        let none = _mm256_setzero_si256();
        for at in out.firsts() {
            let bytes = out.block(at);
            let mut places = 0;
            for half in 0..2 {
                let mut found = _mm256_set1_epi8(-1);
                for position in 0..WIDTH {
                    let here = load32(part(bytes, 32 * half + position));
                    let of_low = _mm256_and_si256(here, four_bits);
                    let of_high = _mm256_and_si256(_mm256_srli_epi16(here, 4), four_bits);
                    let by_low = _mm256_shuffle_epi8(low[position], of_low);
                    let by_high = _mm256_shuffle_epi8(high[position], of_high);
                    found = _mm256_and_si256(found, _mm256_and_si256(by_low, by_high));
                }
                let is_none = _mm256_movemask_epi8(_mm256_cmpeq_epi8(found, none)).cast_unsigned();
                places |= u64::from(!is_none) << (32 * half);
            }
            out.note(at, number, places);
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    // Without optimisation over all crates, what iterates would be called in the inmost loop, as it
    // was compiled for processors without these instructions.
    #[expect(clippy::needless_range_loop, reason = "a third of the time otherwise")]
    fn avx512<const WIDTH: usize, const N: usize>(
        banks: [&Bank; N],
        first: usize,
        out: &mut Out<'_>,
    ) {
        // 7 bits of a byte choose from the 64 bytes of one register or of the other.
        let tables: [[_; WIDTH]; N] = banks.map(|bank| {
            std::array::from_fn(|position| {
                let table = &bank.seven[position];
                (load64(part(table, 0)), load64(part(table, STEP)))
            })
        });
        for at in out.firsts() {
            let bytes = out.block(at);
            let mut found = [_mm512_set1_epi8(-1); N];
            for position in 0..WIDTH {
                let here = load64(part(bytes, position));
                for i in 0..N {
                    let (lower, upper) = tables[i][position];
                    let here = _mm512_permutex2var_epi8(lower, here, upper);
                    found[i] = _mm512_and_si512(found[i], here);
                }
            }
            for i in 0..N {
                out.note(at, first + i, _mm512_test_epi8_mask(found[i], found[i]));
            }
        }
    }

    /// `N` bytes from `at` on.
    #[inline(always)]
    fn part<const N: usize>(bytes: &[u8], at: usize) -> &[u8; N] {
        bytes[at..].first_chunk().expect("as many")
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn load16(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: 16 bytes are there to be read; the load asks for no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load32(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: 32 bytes are there to be read; the load asks for no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load64(bytes: &[u8; 64]) -> __m512i {
        // SAFETY: 64 bytes are there to be read; the load asks for no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;

    use super::{Bank, Out};

    pub(super) fn neon_banks(banks: &[Bank], out: &mut Out<'_>) {
        for (number, bank) in banks.iter().enumerate() {
            // SAFETY: a kernel of this kind is made only where the processor has NEON.
            unsafe { by_width!(bank, WIDTH => neon::<WIDTH>(bank, number, out)) }
        }
    }

    #[target_feature(enable = "neon")]
    fn neon<const WIDTH: usize>(bank: &Bank, number: usize, out: &mut Out<'_>) {
        let low: [_; WIDTH] = std::array::from_fn(|position| load(&bank.low[position]));
        let high: [_; WIDTH] = std::array::from_fn(|position| load(&bank.high[position]));
        let four_bits = vdupq_n_u8(15);
        let bits = load(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
        for at in out.firsts() {
            let bytes = out.block(at);
            let mut quarters = [vdupq_n_u8(0); 4];
            for (i, quarter) in quarters.iter_mut().enumerate() {
                let mut found = vdupq_n_u8(u8::MAX);
                for position in 0..WIDTH {
                    let here = bytes[16 * i + position..].first_chunk().expect("as many");
                    let here = load(here);
                    let by_low = vqtbl1q_u8(low[position], vandq_u8(here, four_bits));
                    let by_high = vqtbl1q_u8(high[position], vshrq_n_u8::<4>(here));
                    found = vandq_u8(found, vandq_u8(by_low, by_high));
                }
                *quarter = vandq_u8(vtstq_u8(found, found), bits);
            }
            // Sums of neighbours, three times: each byte is then the bits of eight places.
            let [a, b, c, d] = quarters;
            let halves = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
            let all = vpaddq_u8(halves, halves);
            out.note(at, number, vgetq_lane_u64::<0>(vreinterpretq_u64_u8(all)));
        }
    }

    #[target_feature(enable = "neon")]
    #[inline]
    fn load(bytes: &[u8; 16]) -> uint8x16_t {
        // SAFETY: 16 bytes are there to be read; the load asks for no alignment.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }
}

#[cfg(test)]
mod tests;
