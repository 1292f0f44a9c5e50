//! Finding, reading and checking configuration files.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value as Schema;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::{ConfigError, Layer, Raw, schema};
use crate::finding::{Rule, find_rule};
use crate::source::nearest;

/// File names that may hold a configuration, the most specific first, and the tables in which each may hold it.
const PLACES: &[(&str, &[&[&str]])] = &[
    ("toctou.toml", &[&[]]),
    (".toctou.toml", &[&[]]),
    ("pyproject.toml", &[&["tool", "toctou"]]),
    ("Cargo.toml", &[&["package", "metadata", "toctou"], &["workspace", "metadata", "toctou"]]),
];

/// The nearest configuration at or above a directory; `None` if there is none up to the root.
///
/// # Errors
/// If the nearest one cannot be used. A `pyproject.toml` or `Cargo.toml` without our table is passed over, even a broken one.
pub fn find(start: &Path, rules: &[&'static Rule]) -> Result<Option<Layer>, ConfigError> {
    for dir in start.ancestors() {
        for (name, tables) in PLACES {
            let path = dir.join(name);
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let ours = tables.contains(&[].as_slice());
            if !ours && !text.contains("toctou") {
                continue;
            }
            if let Some(raw) = parse(&path, &text, tables, rules)? {
                return Ok(Some(Layer { origin: path.display().to_string(), dir: dir.to_owned(), raw }));
            }
        }
    }
    Ok(None)
}

/// The configuration of a file that the user named.
///
/// # Errors
/// If it cannot be read or used, or has no table of ours.
pub fn load(path: &Path, rules: &[&'static Rule]) -> Result<Layer, ConfigError> {
    let bare = |message: String, help: &str| {
        let help = Some(help.to_owned());
        ConfigError { path: path.display().to_string(), text: String::new(), span: None, message, help }
    };
    let unread = |e| bare(format!("cannot be read: {e}"), "is it spelled right? `toctou config init` writes one to start with");
    let text = std::fs::read_to_string(path).map_err(unread)?;
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let tables = PLACES.iter().find(|(n, _)| *n == name).map_or(PLACES[0].1, |(_, tables)| tables);
    let raw =
        parse(path, &text, tables, rules)?.ok_or_else(|| bare("has no table for toctou".into(), &format!("add {}", names(tables))))?;
    let dir = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    Ok(Layer { origin: path.display().to_string(), dir, raw })
}

/// The tables as they are written.
fn names(tables: &[&[&str]]) -> String {
    tables.iter().map(|keys| format!("`[{}]`", keys.join("."))).collect::<Vec<_>>().join(" or ")
}

/// The configuration of one `--config KEY=VALUE`.
///
/// # Errors
/// If it is not a known key with a fitting value.
pub fn parse_inline(text: &str, cwd: &Path, rules: &[&'static Rule]) -> Result<Layer, ConfigError> {
    let raw = parse(Path::new("--config"), text, PLACES[0].1, rules)?.unwrap_or_default();
    Ok(Layer { origin: format!("--config {text}"), dir: cwd.to_owned(), raw })
}

fn parse(path: &Path, text: &str, tables: &[&[&str]], rules: &[&'static Rule]) -> Result<Option<Raw>, ConfigError> {
    let checker = Checker { path, text, rules, schema: schema() };
    let document = DeTable::parse(text).map_err(|e| checker.toml_error(&e))?;
    let whole = Spanned::new(document.span(), DeValue::Table(document.into_inner()));
    let Some(ours) = tables.iter().find_map(|keys| descend(&whole, keys)) else { return Ok(None) };
    checker.check(ours, &checker.schema, 0)?;
    Raw::deserialize(ValueDeserializer::from(ours.clone())).map(Some).map_err(|e| checker.toml_error(&e))
}

fn descend<'a, 'i>(mut value: &'a Spanned<DeValue<'i>>, keys: &[&str]) -> Option<&'a Spanned<DeValue<'i>>> {
    for key in keys {
        value = value.get_ref().as_table()?.get(*key)?;
    }
    Some(value)
}

/// Walks a table beside the schema.
struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
    rules: &'a [&'static Rule],
    schema: Schema,
}

impl Checker<'_> {
    /// Keys must be known to the schema, and rules to the registry. The schema is three levels deep.
    fn check(&self, value: &Spanned<DeValue<'_>>, schema: &Schema, depth: usize) -> Result<(), ConfigError> {
        let (Some(table), Some(properties)) = (value.get_ref().as_table(), schema["properties"].as_object()) else { return Ok(()) };
        for (key, value) in table {
            let Some(property) = properties.get(key.get_ref().as_ref()) else {
                let known = properties.keys().map(String::as_str);
                return Err(self.unknown(
                    "key",
                    key.get_ref(),
                    key.span(),
                    nearest(key.get_ref(), known),
                    "`toctou config schema` lists all keys",
                ));
            };
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("select" | "ignore", DeValue::Array(ids)) => ids.iter().try_for_each(|id| self.rule(id.get_ref().as_str(), id.span()))?,
                ("levels", DeValue::Table(levels)) => levels.keys().try_for_each(|id| self.rule(Some(id.get_ref()), id.span()))?,
                (_, DeValue::Array(items)) if depth < 3 => {
                    let item = self.resolve(&property["items"]);
                    items.iter().try_for_each(|v| self.check(v, item, depth + 1))?;
                }
                (_, DeValue::Table(_)) if depth < 3 => self.check(value, self.resolve(property), depth + 1)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn resolve<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        // An optional table is `anyOf` it and null.
        let schema = schema["anyOf"].get(0).unwrap_or(schema);
        let target = schema["$ref"].as_str().and_then(|r| self.schema.pointer(r.strip_prefix('#')?));
        target.unwrap_or(schema)
    }

    fn rule(&self, id: Option<&str>, span: std::ops::Range<usize>) -> Result<(), ConfigError> {
        match id.map(|id| (id, find_rule(self.rules, id))) {
            Some((id, Err(near))) => Err(self.unknown("rule", id, span, near, "`toctou rules` lists all rules")),
            _ => Ok(()),
        }
    }

    fn unknown(&self, what: &str, name: &str, span: std::ops::Range<usize>, near: Option<&str>, list: &str) -> ConfigError {
        let help = near.map_or_else(|| list.to_owned(), |near| format!("did you mean `{near}`? {list}"));
        self.error(format!("unknown {what} `{name}`"), Some(span), Some(help))
    }

    fn toml_error(&self, error: &toml::de::Error) -> ConfigError {
        let help = "`toctou config schema` describes every key and its values, `toctou config init` writes an example";
        self.error(error.message().to_owned(), error.span(), Some(help.into()))
    }

    fn error(&self, message: String, span: Option<std::ops::Range<usize>>, help: Option<String>) -> ConfigError {
        ConfigError { path: self.path.display().to_string(), text: self.text.to_owned(), span, message, help }
    }
}
