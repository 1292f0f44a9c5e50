//! The keys of a configuration as they are written. Each is optional, since layers are laid over one another.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Confidence, Level};

/// One layer of configuration.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[schemars(title = "toctou.toml", deny_unknown_fields)]
pub struct Raw {
    /// Look only at files that match one of these patterns (relative to this file; a directory takes what is below it).
    pub include: Option<Vec<String>>,
    /// Look at nothing that matches one of these patterns.
    pub exclude: Option<Vec<String>>,
    /// Apply `exclude` also to files that are named on the command line, as hooks do. Default: false.
    pub force_exclude: Option<bool>,
    /// Leave out what `.gitignore` and its like leave out. Default: true.
    pub respect_gitignore: Option<bool>,
    /// Report only these rules.
    pub select: Option<Vec<String>>,
    /// Do not report these rules.
    pub ignore: Option<Vec<String>>,
    /// Report notes, rules that are off by default and findings of low confidence too. Default: false.
    pub pedantic: Option<bool>,
    /// Report nothing less sure than this. Default: medium, and low with `pedantic`.
    pub min_confidence: Option<ConfidenceName>,
    /// Report also in tests, examples, benches, build scripts, vendored and generated code. Default: false.
    pub report_all: Option<bool>,
    /// The mildest level of a finding that makes the exit status 1. Default: note.
    pub fail_on: Option<LevelName>,
    /// Levels of rules, by their ids; `off` turns a rule off.
    pub levels: Option<BTreeMap<String, LevelOrOff>>,
    /// Files with models of your own libraries, by language (relative to this file): `{ python = ["a.toml"], rust = ["b.toml"] }`.
    pub models: Option<Models>,
    /// The baseline (relative to this file): findings in it are not reported.
    pub baseline: Option<String>,
    /// Exceptions for some paths; where several match, the last one that says something wins.
    pub per_path: Option<Vec<PerPath>>,
}

/// Files with models, by language.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Models {
    /// What calls of Python libraries do.
    pub python: Vec<String>,
    /// What calls of Rust libraries do.
    pub rust: Vec<String>,
}

/// Exceptions for some paths.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct PerPath {
    /// Patterns, as in `exclude`.
    pub paths: Vec<String>,
    /// Do not report these rules there.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Report nothing less sure than this there.
    #[serde(default)]
    pub min_confidence: Option<ConfidenceName>,
    /// Levels of rules there.
    #[serde(default)]
    pub levels: BTreeMap<String, LevelOrOff>,
}

/// How sure, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConfidenceName {
    /// Everything.
    Low,
    /// Likely races.
    Medium,
    /// Only what is sure.
    High,
}

/// A level, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LevelName {
    /// Worth knowing.
    Note,
    /// Should be fixed.
    Warning,
    /// Must be fixed.
    Error,
}

/// A level or `off`, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LevelOrOff {
    /// Not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Should be fixed.
    Warning,
    /// Must be fixed.
    Error,
}

impl From<ConfidenceName> for Confidence {
    fn from(name: ConfidenceName) -> Self {
        match name {
            ConfidenceName::Low => Self::Low,
            ConfidenceName::Medium => Self::Medium,
            ConfidenceName::High => Self::High,
        }
    }
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Note => Self::Note,
            LevelName::Warning => Self::Warning,
            LevelName::Error => Self::Error,
        }
    }
}

impl LevelOrOff {
    /// The level, or `None` for `off`.
    #[must_use]
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::Note => Some(Level::Note),
            Self::Warning => Some(Level::Warning),
            Self::Error => Some(Level::Error),
        }
    }
}

/// The JSON schema of `toctou.toml`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Raw).to_value()
}
