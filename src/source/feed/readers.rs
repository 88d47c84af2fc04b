//! Which sources read what is no file.

use super::super::settings::{FeedSettings, JournalSettings, SourceSettings};
use crate::flow::SourceId;

/// The sources that read standard input.
pub(super) fn readers_of_stdin(settings: &[SourceSettings]) -> Vec<(SourceId, &SourceSettings)> {
    let reads_stdin = |source: &SourceSettings| source.feeds.contains(&FeedSettings::Stdin);
    (0..).map(SourceId).zip(settings).filter(|(_, source)| reads_stdin(source)).collect()
}

/// The journals that are read, with their sources.
pub(super) fn journals(
    settings: &[SourceSettings],
) -> impl Iterator<Item = (SourceId, &SourceSettings, &JournalSettings)> {
    let sources = (0..).map(SourceId).zip(settings);
    sources.flat_map(|(id, source)| {
        source.feeds.iter().filter_map(move |feed| match feed {
            FeedSettings::Journal(journal) => Some((id, source, journal)),
            FeedSettings::Stdin => None,
        })
    })
}

/// What the feed of a source's journal is called. Not by its units: one that is added goes on from where
/// the others are.
pub(super) fn journal_name(source: &SourceSettings) -> String {
    format!("journal:{}", source.name)
}
