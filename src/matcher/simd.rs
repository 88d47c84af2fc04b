//! Which instructions of the processor the matcher uses.

use std::str::FromStr;

use super::kernels::Kernel;

/// Instructions that look at many bytes at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Simd {
    /// The widest that this processor has.
    #[default]
    Best,
    /// None: one byte after the other.
    Off,
    /// AVX2 of x86-64: 32 bytes.
    Avx2,
    /// AVX-512 with VBMI of x86-64: 64 bytes.
    Avx512,
    /// NEON of 64-bit Arm: 16 bytes.
    Neon,
}

/// Why instructions cannot be had as asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SimdError {
    /// The word is none of those that are known.
    #[error("`{0}` names no instructions; write `off`, `avx2`, `avx512` or `neon`")]
    Unknown(String),
    /// This processor lacks them.
    #[error("this processor does not have `{0}`; it has {has}", has = names(.1))]
    Missing(&'static str, Vec<&'static str>),
}

impl Simd {
    /// All that can be asked for by name.
    pub const ALL: [Self; 4] = [Self::Off, Self::Avx2, Self::Avx512, Self::Neon];

    /// Those that this processor has; [`Simd::Off`] is always among them.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|simd| Kernel::of(*simd).is_some())
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Off => "off",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// The same, if this processor has it.
    ///
    /// # Errors
    /// It does not.
    pub fn checked(self) -> Result<Self, SimdError> {
        self.kernel().map(|_| self)
    }

    /// The kernel that uses it.
    pub(super) fn kernel(self) -> Result<Kernel, SimdError> {
        let available = || Self::available().map(Self::name).collect();
        Kernel::of(self).ok_or_else(|| SimdError::Missing(self.name(), available()))
    }
}

impl FromStr for Simd {
    type Err = SimdError;

    /// `off`, `avx2`, `avx512` or `neon`; nothing stands for the best.
    fn from_str(name: &str) -> Result<Self, SimdError> {
        if name.is_empty() {
            return Ok(Self::Best);
        }
        let named = Self::ALL.into_iter().find(|simd| simd.name() == name);
        named.ok_or_else(|| SimdError::Unknown(name.to_owned()))
    }
}

fn names(all: &[&str]) -> String {
    all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
