//! The TOML shape of a model file, before its words are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Fault;
use crate::source::Span;

/// A model file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelFile {
    pub(super) call: Vec<CallStanza>,
    #[serde(rename = "type")]
    pub(super) types: Vec<TypeStanza>,
    #[serde(rename = "const")]
    pub(super) consts: Vec<ConstStanza>,
    pub(super) document: Vec<DocumentStanza>,
    pub(super) device: Vec<DeviceStanza>,
}

/// `[[document]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentStanza {
    #[serde(default)]
    pub(super) names: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) endings: Vec<Spanned<String>>,
}

/// `[[device]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceStanza {
    pub(super) paths: Vec<Spanned<String>>,
}

/// `[[call]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallStanza {
    pub(super) path: Spanned<Paths>,
    #[serde(default)]
    pub(super) params: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) does: Vec<Spanned<String>>,
    pub(super) returns: Option<Spanned<String>>,
    pub(super) becomes: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) any: bool,
    #[serde(default)]
    pub(super) attr: bool,
    #[serde(rename = "type")]
    pub(super) ret_type: Option<Spanned<String>>,
    pub(super) answer: Option<Spanned<String>>,
    pub(super) outcome: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) bits: BTreeMap<String, Spanned<String>>,
}

/// `[[type]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeStanza {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) alias: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) is: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) wraps: bool,
    pub(super) lock: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) path: bool,
    #[serde(default)]
    pub(super) memory: bool,
    #[serde(default)]
    pub(super) buffered: bool,
    #[serde(default)]
    pub(super) busy: bool,
}

/// `[[const]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConstStanza {
    pub(super) path: Spanned<Paths>,
    #[serde(default)]
    pub(super) flags: Vec<Spanned<String>>,
    pub(super) term: Option<Spanned<String>>,
    #[serde(rename = "type")]
    pub(super) ty: Option<Spanned<String>>,
}

/// One path, or several for the same thing.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a dotted path or an array of dotted paths")]
pub(super) enum Paths {
    One(String),
    Several(Vec<String>),
}

impl Paths {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(p) => std::slice::from_ref(p),
            Self::Several(p) => p,
        }
    }
}

const KEYS: &[&str] = &[
    "document", "names", "endings", "device", "paths", "call", "type", "const", "path", "params", "does", "returns", "becomes", "any",
    "attr", "answer", "outcome", "bits", "name", "alias", "is", "wraps", "lock", "memory", "buffered", "busy", "flags", "term",
];

/// Reads the TOML.
pub(super) fn read(text: &str) -> Result<ModelFile, Fault> {
    toml::from_str(text).map_err(|e| {
        let range = e.span().unwrap_or(0..0);
        let span = Span::new(range.start, range.end);
        let word = text.get(range).unwrap_or_default();
        if e.message().starts_with("unknown field") {
            return Fault::unknown("key", word, span, KEYS);
        }
        Fault::new(span, e.message().lines().collect::<Vec<_>>().join(" "))
    })
}
