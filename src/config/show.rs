//! `config show`: each value and where it comes from; `config init`: a file to start with.

use super::{Layer, Raw};

/// What `config init` writes.
pub const STARTER: &str = "\
# Where toctou looks and what it reports. All keys: `toctou config schema`.

# exclude = [\"generated/\"]
# min-confidence = \"medium\"
# baseline = \"toctou-baseline.json\"

[levels]
# in-process-lock-only = \"error\"

# [[per-path]]
# paths = [\"scripts/\"]
# ignore = [\"exists-then-mkdir\"]
";

/// Each key with its value and origin, one line per key: `pedantic = true  # toctou.toml`.
/// Of layers that give one key, the strongest is shown, as it is the one that counts.
#[must_use]
pub fn show(layers: &[Layer]) -> String {
    let mut lines = Vec::new();
    let defaults = Layer { origin: "default".into(), raw: defaults(), ..Layer::default() };
    let all: Vec<_> = std::iter::once(&defaults).chain(layers).map(|l| (l, values(&l.raw))).collect();
    for key in super::schema()["properties"].as_object().into_iter().flat_map(serde_json::Map::keys) {
        match all.iter().rev().find_map(|(layer, values)| Some((layer, values.get(key)?))) {
            Some((layer, value)) => lines.push(format!("{key} = {value}  # {}", layer.origin)),
            None => lines.push(format!("# {key} is not set")),
        }
    }
    lines.join("\n") + "\n"
}

fn defaults() -> Raw {
    Raw {
        include: Some(vec![]),
        exclude: Some(vec![]),
        force_exclude: Some(false),
        respect_gitignore: Some(true),
        pedantic: Some(false),
        min_confidence: Some(super::ConfidenceName::Medium),
        report_all: Some(false),
        fail_on: Some(super::LevelName::Note),
        ..Raw::default()
    }
}

fn values(raw: &Raw) -> toml::Table {
    toml::Table::try_from(raw).unwrap_or_default()
}
