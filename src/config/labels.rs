//! `labels` of a rule and of a source: names with values that never change.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::flow::Labels;
use crate::format::Template;

use super::fields::{Fields, check_name};
use super::layers::Layers;
use super::report::Report;

/// The most labels of a rule, its source's included.
const MAX_LABELS: usize = 16;
/// The most bytes of a value, as of a group's.
const MAX_VALUE: usize = 128;

/// The labels in one table of the file.
pub(super) fn own(fields: &Fields, report: &mut Report) -> Labels {
    let mut labels = Labels::new();
    for (name, value) in fields.named_texts("labels", report) {
        if !check_name("label's name", &name, report) {
            continue;
        }
        if Template::BUILT_IN.contains(&name.value) {
            let message =
                format!("`{}` is a built-in word, so no label can be called so", name.value);
            report.error(name.span, message).help("choose another name");
            continue;
        }
        let is_wrong = value.value.trim().is_empty()
            || value.value.len() > MAX_VALUE
            || value.value.contains(|c: char| c.is_control());
        if is_wrong {
            let message = format!("a label has a value of 1 to {MAX_VALUE} bytes on one line");
            report.error(value.span, message);
            continue;
        }
        labels.push((name.value.into(), value.value.trim().into()));
    }
    if labels.len() > MAX_LABELS
        && let Some(span) = fields.key_span("labels")
    {
        report.error(span, format!("there are more than {MAX_LABELS} `labels`"));
    }
    labels
}

/// The labels of a rule: its own before those of its source, and those before the defaults, name by
/// name. Sorted.
pub(super) fn of_rule(layers: &Layers, source: &Labels, report: &mut Report) -> Labels {
    let mut labels = BTreeMap::<Arc<str>, Arc<str>>::new();
    // The innermost last, so that it counts.
    for defaults in layers.defaults.iter().rev() {
        labels.extend(own(defaults, report));
    }
    labels.extend(source.iter().cloned());
    labels.extend(own(&layers.own, report));
    if labels.len() > MAX_LABELS {
        let message =
            format!("with those of its source, this rule has more than {MAX_LABELS} labels");
        report.error(layers.own.span.clone(), message);
    }
    labels.into_iter().collect()
}
