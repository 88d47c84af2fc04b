//! The configuration of a command that puts the rules to work.

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;

use crate::config::{self, Loaded, Override, Secrets, Settings, Surroundings as _, System};
use crate::matcher::{Simd, SimdError};

/// The environment variable that forces the matcher to use other instructions than the best that the
/// processor has: `off`, `avx2`, `avx512` or `neon`.
const SIMD: &str = "LOGBELL_SIMD";

/// Why [`SIMD`] cannot be followed.
#[derive(Debug, thiserror::Error)]
#[error("`{SIMD}`")]
struct SimdVariableError(#[source] SimdError);

/// The settings; `None` where the configuration is wrong, which has been said on stderr then.
///
/// # Errors
/// The operator's: the file cannot be read, or the environment asks for what there is not.
pub(super) fn load(path: &Path, secrets: Secrets) -> Result<Option<Settings>, Box<dyn Error>> {
    load_with(path, secrets, &[])
}

/// The same with words that are `set` on the command line, over those of the file.
///
/// # Errors
/// As of [`load`].
pub(super) fn load_with(
    path: &Path,
    secrets: Secrets,
    set: &[Override],
) -> Result<Option<Settings>, Box<dyn Error>> {
    let loaded = read(path, secrets, set)?;
    eprint!("{}", loaded.diagnostics.render(super::check::style()));
    Ok(loaded.settings)
}

/// The same, where nothing is said on stderr.
///
/// # Errors
/// As of [`load`].
pub(super) fn load_quietly(path: &Path, secrets: Secrets) -> Result<Loaded, Box<dyn Error>> {
    read(path, secrets, &[])
}

fn read(path: &Path, secrets: Secrets, set: &[Override]) -> Result<Loaded, Box<dyn Error>> {
    let mut loaded = config::load_with(path, &System, secrets, set)?;
    if let Some(settings) = &mut loaded.settings {
        settings.simd = simd(System.variable(SIMD))?;
    }
    Ok(loaded)
}

/// The instructions that the environment asks for.
fn simd(variable: Option<OsString>) -> Result<Simd, SimdVariableError> {
    let name = variable.unwrap_or_default();
    name.to_string_lossy().parse().and_then(Simd::checked).map_err(SimdVariableError)
}

#[cfg(test)]
mod tests {
    use super::super::error_text;
    use super::*;

    #[test]
    fn instructions_that_are_unknown_or_missing_are_refused_with_what_to_write() {
        assert_eq!(simd(None).unwrap(), Simd::Best);
        assert_eq!(simd(Some("off".into())).unwrap(), Simd::Off);
        let error = simd(Some("fast".into())).unwrap_err();
        let text = error_text(&error);
        assert!(text.contains("LOGBELL_SIMD") && text.contains("`avx2`"), "{text}");
        for missing in Simd::ALL.into_iter().filter(|simd| simd.checked().is_err()) {
            let text = error_text(&simd(Some(missing.name().into())).unwrap_err());
            assert!(text.contains("processor") && text.contains("`off`"), "{text}");
        }
    }
}
