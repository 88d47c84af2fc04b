//! A parsed text whose spans begin where the text stands among those of its configuration.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// `table` with every span moved by `by`.
pub(super) fn table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    if by == 0 {
        return table;
    }
    table.into_iter().map(|(key, own)| (spanned(key, by), value(own, by))).collect()
}

fn value(own: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let own = spanned(own, by);
    let span = own.span();
    Spanned::new(
        span,
        match own.into_inner() {
            DeValue::Table(inner) => DeValue::Table(table(inner, by)),
            DeValue::Array(list) => {
                DeValue::Array(list.into_iter().map(|own| value(own, by)).collect::<DeArray>())
            }
            leaf => leaf,
        },
    )
}

fn spanned<T>(own: Spanned<T>, by: usize) -> Spanned<T> {
    let span = own.span();
    Spanned::new(span.start + by..span.end + by, own.into_inner())
}
