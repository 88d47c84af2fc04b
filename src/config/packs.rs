//! The ready-made rule packs in `rules/`, which are part of the program.

use std::path::Path;

use toml::{Table, Value};

/// The packs by name.
pub const PACKS: [(&str, &str); 3] = [
    ("kernel", include_str!("../../rules/kernel.toml")),
    ("sshd", include_str!("../../rules/sshd.toml")),
    ("nginx", include_str!("../../rules/nginx.toml")),
];

/// The packs for a trial, as one text: their logs are looked for under `root`, and the pace of
/// every rule is `debounce` and `resolve_after`. Nothing else of them changes.
pub fn for_trial(root: &Path, debounce: &str, resolve_after: &str) -> String {
    let texts = PACKS.map(|(name, text)| {
        let mut pack: Table = text.parse().unwrap_or_else(|_| panic!("rules/{name}.toml is valid"));
        for source in tables(&mut pack, "source") {
            if let Some(Value::String(files)) = source.get_mut("files") {
                *files = format!("{}{files}", root.display());
            }
        }
        for rule in tables(&mut pack, "rule") {
            rule.insert("debounce".to_owned(), debounce.into());
            if rule.contains_key("resolve_after") {
                rule.insert("resolve_after".to_owned(), resolve_after.into());
            }
        }
        // They are written for the pace that is in the pack.
        pack.remove("test");
        pack.to_string()
    });
    texts.join("\n")
}

/// The tables in the table or list of tables `name` of `pack`.
fn tables<'a>(pack: &'a mut Table, name: &str) -> Vec<&'a mut Table> {
    match pack.get_mut(name) {
        Some(Value::Table(table)) => {
            table.iter_mut().filter_map(|(_, value)| value.as_table_mut()).collect()
        }
        Some(Value::Array(list)) => list.iter_mut().filter_map(Value::as_table_mut).collect(),
        _ => Vec::new(),
    }
}
