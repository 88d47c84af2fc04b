//! `proxy` and `ca` of a webhook: how messages get there.

use secrecy::SecretString;
use url::Url;

use super::fields::Fields;
use super::origin::{Origin, Secrets};
use super::report::Report;
use super::secret::Address;
use super::settings::Way;
use super::surroundings::problem;

/// The most bytes of certificates: the whole store of a host has about 200 KiB.
const MAX_CERTIFICATES: u64 = 1 << 20;
/// What every certificate in PEM begins with (RFC 7468, section 5).
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How messages get to the webhook of `fields`.
pub(super) fn way(fields: &Fields, origin: &Origin, report: &mut Report) -> Way {
    Way {
        proxy: proxy(fields, origin, report).map(SecretString::from),
        ca: ca(fields, origin, report).map(Into::into),
    }
}

/// `proxy`: an address, or where it is kept, as it may hold a password. Never quoted.
fn proxy(fields: &Fields, origin: &Origin, report: &mut Report) -> Option<String> {
    const HELP: &str = "write for example `proxy = \"http://proxy.example.com:3128\"`, or \
                        `\"env:PROXY\"` where it holds a password";
    let text = fields.text("proxy", report)?;
    let address = Address::parse(text.value);
    if text.value.contains('@') {
        report.hide(report.part(&text.span, text.value, &(0..text.value.len())));
    }
    if address.is_elsewhere() && origin.secrets == Secrets::Skip {
        return None;
    }
    let found = match address.look_up(origin.directory, origin.surroundings) {
        Ok(found) => found,
        Err(error) => {
            let finding = report.error(text.span, error.message);
            if let Some(help) = error.help {
                finding.help(help);
            }
            return None;
        }
    };
    let found = found.text.trim();
    let is_proxy = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if Url::parse(found).ok().as_ref().is_none_or(|url| !is_proxy(url)) {
        let message = "`proxy` takes an `http` or `https` address, or where one is kept";
        report.error(text.span, message).help(HELP);
        return None;
    }
    Some(found.to_owned())
}

/// `ca`: a file of certificates.
fn ca(fields: &Fields, origin: &Origin, report: &mut Report) -> Option<Vec<u8>> {
    let text = fields.text("ca", report)?;
    // As with secrets, it is where the program runs, which may not be here.
    if origin.secrets == Secrets::Skip {
        return None;
    }
    let path = origin.directory.join(text.value);
    let shown = path.display();
    let help = "`ca` takes the file of the certificates to trust besides the host's, as PEM";
    match origin.surroundings.file(&path, MAX_CERTIFICATES) {
        Ok(file) if memchr::memmem::find(&file.bytes, PEM).is_some() => return Some(file.bytes),
        Ok(_) => report.error(text.span, format!("there is no certificate in `{shown}`")),
        Err(error) => {
            report.error(text.span, format!("cannot read `{shown}`: {}", problem(&error)))
        }
    }
    .help(help);
    None
}
