//! A file as written → `Settings`, with everything that is wrong with it at once.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::fields::{Fields, short};
use super::layers::Layers;
use super::origin::{Loaded, Origin};
use super::report::Report;
use super::rule::Rules;
use super::settings::{Rule, Settings};
use super::sizes;
use super::source::Sources;
use super::surroundings::Surroundings;
use super::test::{Test, Tests};
use super::webhook::Webhooks;
use super::words::Table;

/// Where state is kept if neither the configuration nor systemd says so.
const STATE: &str = "/var/lib/logbell";
/// Where the local page is served if the configuration does not say so.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9600);
/// A file with one rule, for one who has none.
const FIRST_RULE: &str = "add a `[[rule]]` with `name`, `files`, `match` and `webhook`";

/// Checks the file `text`. It never stops at the first error.
///
/// Where the syntax is wrong only that is told: what can be read around it may not be what is
/// meant, and would be told to lack what stands in the broken part.
pub(super) fn check(text: &str, origin: &Origin) -> Loaded {
    let mut report = Report::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let message = error.message();
        match error.span() {
            Some(span) => report.error(span, message),
            None => report.error_in_file(message),
        };
    }
    let settings =
        if errors.is_empty() { settings(root.get_ref(), origin, &mut report) } else { None };
    Loaded { diagnostics: report.finish(origin.name), settings }
}

fn settings(root: &DeTable, origin: &Origin, report: &mut Report) -> Option<Settings> {
    let top = Fields::new(Table::Top, root, 0..0, report);
    let state = state(&top, origin, report);
    let listen = listen(&top, report);
    let mut webhooks = Webhooks::check(&top, origin, report);
    let mut sources = Sources::check(&top, origin.directory, report);
    let (rules, names) = rules(&top, origin.directory, &mut webhooks, &mut sources, report);
    sources.check_same_files(report);
    let tests =
        tests(&top, Tests { rules: &rules, names: &names, directory: origin.directory }, report);
    if report.has_errors() {
        // A wrong rule may be the one that uses them: no word yet of what is unused.
        return None;
    }
    webhooks.warn_unused(report);
    sources.warn_unused(report);
    Some(Settings {
        state,
        listen,
        host: origin.surroundings.host().into(),
        webhooks: webhooks.fetched,
        skipped: webhooks.skipped,
        dating: sources.dating(),
        sources: sources.list,
        rules,
        tests,
        simd: crate::matcher::Simd::Best,
    })
}

/// The rules without errors, and the names of all in lower case.
fn rules(
    top: &Fields,
    directory: &Path,
    webhooks: &mut Webhooks,
    sources: &mut Sources,
    report: &mut Report,
) -> (Vec<Rule>, Vec<String>) {
    let empty = DeTable::new();
    let defaults = top.table("defaults", Table::Defaults, report);
    let defaults = defaults.unwrap_or_else(|| Fields::new(Table::Defaults, &empty, 0..0, report));
    let mut rules = Rules { webhooks, sources, directory, names: BTreeMap::new() };
    rules.check_defaults(&defaults, report);
    let tables = top.list_of_tables("rule", Table::Rule, report);
    if tables.is_empty() && !report.has_errors() {
        report.error_in_file("there is no rule, so nothing would ever be told").help(FIRST_RULE);
    }
    let mut checked = Vec::with_capacity(tables.len());
    for own in tables {
        let layers = Layers { own, defaults: defaults.clone() };
        checked.extend(rules.check(&layers, report));
    }
    sizes::check(&checked, report);
    (checked, rules.names.into_keys().collect())
}

/// `[[test]]`.
fn tests(top: &Fields, tests: Tests<'_>, report: &mut Report) -> Vec<Test> {
    let tables = top.list_of_tables("test", Table::Test, report);
    let numbered = tables.iter().enumerate();
    numbered.filter_map(|(place, own)| tests.check(place, own, report)).collect()
}

/// `state`: else what systemd made for the service, else the usual place.
fn state(top: &Fields, origin: &Origin, report: &mut Report) -> PathBuf {
    if let Some(text) = top.text("state", report) {
        if text.value.is_empty() || text.value.starts_with('~') || text.value.contains('\0') {
            let finding = report.error(text.span, "`state` takes the path of a directory");
            finding.help(format!("write for example `state = \"{STATE}\"`"));
            return PathBuf::new();
        }
        return origin.directory.join(text.value);
    }
    default_state(origin.surroundings)
}

/// The state directory where none is configured: systemd's, or the usual one.
pub fn default_state(surroundings: &dyn Surroundings) -> PathBuf {
    let given = surroundings.variable("STATE_DIRECTORY");
    let first = given.and_then(|paths| std::env::split_paths(&paths).next());
    first.filter(|path| path.is_absolute()).unwrap_or_else(|| STATE.into())
}

/// `listen`.
fn listen(top: &Fields, report: &mut Report) -> Option<SocketAddr> {
    let Some(text) = top.text("listen", report) else { return Some(LISTEN) };
    if text.value == "off" {
        return None;
    }
    let address = text.value.parse().ok();
    if address.is_none() {
        let message = format!("`listen` takes an address with a port, not `{}`", short(text.value));
        let help = format!("write for example `listen = \"{LISTEN}\"`, or `\"off\"`");
        report.error(text.span, message).help(help);
    }
    address
}
