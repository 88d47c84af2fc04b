//! A file as written → `Settings`, with everything that is wrong with it at once.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use super::fields::{Fields, short};
use super::gates;
use super::include::{self, Kind, Piece};
use super::layers::Layers;
use super::origin::{Loaded, Origin};
use super::overrides::Override;
use super::report::Report;
use super::rule::Rules;
use super::settings::{Rule, Settings};
use super::source::Sources;
use super::surroundings::Surroundings;
use super::test::{Others, Test, Tests};
use super::webhook::Webhooks;
use super::words::Table;
use super::{overrides, pace, shift, sizes};

/// Where state is kept if neither the configuration nor systemd says so.
const STATE: &str = "/var/lib/logbell";
/// Where the local page is served if the configuration does not say so.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9600);
/// How long messages and losses are remembered if the configuration does not say so.
const KEEP: Duration = Duration::from_hours(30 * 24);
/// The least of it: a message that Chat refused is kept as long to be tried again.
const LEAST_KEEP: Duration = Duration::from_hours(24);
/// The most threads: more would not find a processor on the largest hosts.
const MAX_THREADS: usize = 1024;
/// A file with one rule, for one who has none.
const FIRST_RULE: &str = "add a `[[rule]]` with `name`, `files`, `match` and `webhook`";

/// A text of the configuration, as it is checked.
struct Part<'a> {
    top: Fields<'a>,
    origin: Origin<'a>,
    is_pack: bool,
}

/// What is checked beside the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beside {
    /// Their tests.
    Tests,
    /// Nothing: the configuration is itself one that a test goes on with.
    Nothing,
}

/// Checks the file `text` and what it includes, with what is `set` over it. It never stops at the first error.
///
/// Where the syntax is wrong only that is told: what can be read around it may not be what is
/// meant, and would be told to lack what stands in the broken part.
pub(super) fn check(text: &str, origin: &Origin, set: &[Override], beside: Beside) -> Loaded {
    let (mut pieces, found) = include::gather(text, origin);
    pieces.extend(set.iter().map(|set| Piece {
        name: Override::NAME.into(),
        text: set.text().into(),
        directory: origin.directory.to_owned(),
        is_open_to_all: false,
        kind: Kind::Set,
    }));
    let mut report = Report::new(pieces.iter().map(|piece| (&*piece.name, &*piece.text)));
    let is_whole = !found.has_errors();
    report.adopt(found);
    let mut is_toml = true;
    let mut roots = Vec::with_capacity(pieces.len());
    for (piece, start) in pieces.iter().zip(report.starts()) {
        let (root, errors) = DeTable::parse_recoverable(&piece.text);
        is_toml &= errors.is_empty();
        for error in &errors {
            let span = error.span().unwrap_or_default();
            report.error(start + span.start..start + span.end, error.message());
        }
        roots.push(shift::table(root.into_inner(), start));
    }
    let set = roots.split_off(pieces.len() - set.len());
    overrides::apply(set, &mut roots, &mut report);
    let settings = is_toml.then(|| {
        let part = |(piece, root)| part(piece, root, origin, &mut report);
        let parts: Vec<_> = pieces.iter().zip(&roots).map(part).collect();
        settings(&parts, beside, &mut report)
    });
    let settings = settings.flatten().filter(|_| is_whole);
    Loaded { diagnostics: report.finish(), settings }
}

fn part<'a>(
    piece: &'a Piece<'_>,
    root: &'a DeTable<'a>,
    main: &Origin<'a>,
    report: &mut Report,
) -> Part<'a> {
    let Piece { name, directory, is_open_to_all, kind, .. } = piece;
    let origin = Origin { name, directory, is_open_to_all: *is_open_to_all, ..*main };
    let top = Fields::new(kind.table(), root, 0..0, report);
    Part { top, origin, is_pack: *kind == Kind::Pack }
}

fn settings(parts: &[Part], beside: Beside, report: &mut Report) -> Option<Settings> {
    let Part { top, origin, .. } = parts.first()?;
    let state = state(top, origin, report);
    let listen = listen(top, report);
    let keep = keep(top, report);
    let threads = threads(top, report);
    let (mut webhooks, mut sources) = (Webhooks::default(), Sources::default());
    for Part { top, origin, .. } in parts {
        webhooks.check(top, origin, report);
        sources.check(top, origin.directory, report);
    }
    let (rules, names) = rules(parts, &mut webhooks, &mut sources, report);
    sources.check_same_files(report);
    let tests = match beside {
        Beside::Tests => tests(parts, &rules, &names, report),
        Beside::Nothing => Vec::new(),
    };
    if report.has_errors() {
        // A wrong rule may be the one that uses them: no word yet of what is unused.
        return None;
    }
    webhooks.warn_unused(report);
    sources.warn_unused(report);
    Some(Settings {
        state,
        listen,
        keep,
        threads,
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
    parts: &[Part],
    webhooks: &mut Webhooks,
    sources: &mut Sources,
    report: &mut Report,
) -> (Vec<Rule>, Vec<String>) {
    let mut rules = Rules {
        webhooks,
        sources,
        directory: Path::new(""),
        names: BTreeMap::new(),
        inhibited: Vec::new(),
    };
    let mut of_main = None;
    let mut checked = Vec::new();
    for Part { top, origin, is_pack } in parts {
        rules.directory = origin.directory;
        let own = top.table("defaults", Table::Defaults, report);
        if let Some(own) = &own {
            rules.check_defaults(own, report);
        }
        let defaults: Vec<_> = own.iter().chain(&of_main).cloned().collect();
        for own in top.list_of_tables("rule", Table::Rule, report) {
            let layers = Layers { own, defaults: defaults.clone() };
            let rule = rules.check(&layers, report);
            checked.extend(rule.map(|rule| Rule { is_of_pack: *is_pack, ..rule }));
        }
        // Those of the main file, which comes first, hold for the others as well.
        of_main = of_main.or(own);
    }
    if checked.is_empty() && !report.has_errors() {
        report.error_in_file("there is no rule, so nothing would ever be told").help(FIRST_RULE);
    }
    sizes::check(&checked, report);
    gates::check_inhibited(&rules.inhibited, report);
    (checked, rules.names.into_keys().collect())
}

/// `[[test]]`. Those of packs are of the program's own: under the defaults of this configuration their
/// rules may well say something else.
fn tests(parts: &[Part], rules: &[Rule], names: &[String], report: &mut Report) -> Vec<Test> {
    let mut checked = Vec::new();
    for Part { top, origin, .. } in parts.iter().filter(|part| !part.is_pack) {
        let tests = Tests { rules, names, origin };
        let mut others = Others::new(origin);
        let tables = top.list_of_tables("test", Table::Test, report);
        let numbered = tables.iter().enumerate();
        checked.extend(
            numbered.filter_map(|(place, own)| tests.check(place, own, &mut others, report)),
        );
    }
    checked
}

/// `keep`: how long messages and losses are remembered.
fn keep(top: &Fields, report: &mut Report) -> Duration {
    let Some(keep) = pace::span_of_time("keep", top, report) else { return KEEP };
    if keep < LEAST_KEEP
        && let Some(span) = top.key_span("keep")
    {
        let finding = report.error(span, "`keep` is less than a day");
        finding.help("a message that Chat refused is kept for a day to be tried again");
    }
    keep
}

/// `threads`.
fn threads(top: &Fields, report: &mut Report) -> Option<NonZero<usize>> {
    let (number, span) = top.number("threads", report)?;
    let number = usize::try_from(number).ok().filter(|number| *number <= MAX_THREADS);
    let threads = number.and_then(NonZero::new);
    if threads.is_none() {
        let finding = report.error(span, format!("`threads` is from 1 to {MAX_THREADS}"));
        finding.help("leave it out for one thread for each processor");
    }
    threads
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
