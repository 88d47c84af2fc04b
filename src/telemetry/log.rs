//! The agent's own log, on stderr.

use std::fmt;
use std::io::IsTerminal as _;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The environment variable that says what is logged, as in `debug` or `logbell::source=trace`.
pub const FILTER: &str = "LOGBELL_LOG";

/// What is logged where nothing is said. The HTTP library's own words help nobody.
const USUAL: &str = "info,hyper=warn,hyper_util=warn,reqwest=warn";

/// Starts logging to stderr. Lines have a time of their own, unless the journal gives them one.
pub fn start() {
    let wanted = std::env::var(FILTER).unwrap_or_default();
    // Behind the usual, so that a slip in it cannot silence everything.
    let filter = EnvFilter::try_new(format!("{USUAL},{wanted}"));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(USUAL));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Set by systemd for what goes to its journal (systemd.exec(5)).
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        let plain = tracing_subscriber::fmt::format().with_target(false).without_time();
        builder.with_ansi(false).event_format(Journal(plain.with_level(false))).init();
    } else {
        let is_colourful = std::io::stderr().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        builder.with_ansi(is_colourful).with_target(false).init();
    }
    for word in wanted.split(',').filter(|word| !is_directive(word)) {
        tracing::warn!("`{FILTER}`: `{word}` is none of error, warn, info, debug, trace and off");
    }
}

/// Whether `word` is a level, or says one for a part of the program.
fn is_directive(word: &str) -> bool {
    let level = word.rsplit('=').next().unwrap_or(word).trim();
    level.is_empty() || level.parse::<LevelFilter>().is_ok()
}

/// Lines with the level in front as the journal reads it: `<3>` for an error (sd-daemon(3)).
struct Journal(Format<Full, ()>);

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
    }
}
