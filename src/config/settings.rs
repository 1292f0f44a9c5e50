//! Layers laid over one another: what counts in the end, and for which rule at which path.

use std::path::PathBuf;

use super::{ConfigError, LevelOrOff, Raw};
use crate::finding::{Confidence, Level, Rule};
use crate::source::Lang;
use crate::source::discover::{PatternError, Patterns};

/// One source of configuration.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Where it comes from, as shown to people.
    pub origin: String,
    /// What its relative paths are relative to.
    pub dir: PathBuf,
    /// Its values.
    pub raw: Raw,
}

/// What counts for a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The layers, the weakest first.
    pub layers: Vec<Layer>,
    /// What patterns are relative to.
    pub root: PathBuf,
    /// Look only at these files.
    pub include: Patterns,
    /// Look at none of these.
    pub exclude: Patterns,
    /// Apply `exclude` to named files.
    pub force_exclude: bool,
    /// Leave out what git leaves out.
    pub respect_gitignore: bool,
    /// Report more.
    pub pedantic: bool,
    /// Report in tests and the like.
    pub report_all: bool,
    /// The mildest level that fails.
    pub fail_on: Level,
    /// Files with the user's models.
    pub models: Vec<(Lang, PathBuf)>,
    /// The baseline.
    pub baseline: Option<PathBuf>,
    select: Vec<String>,
    ignore: Vec<String>,
    min_confidence: Confidence,
    levels: Vec<(String, LevelOrOff)>,
    per_path: Vec<PathRules>,
}

/// A compiled [`super::PerPath`].
#[derive(Clone, Debug)]
struct PathRules {
    paths: Patterns,
    ignore: Vec<String>,
    min_confidence: Option<Confidence>,
    levels: Vec<(String, LevelOrOff)>,
}

impl Settings {
    /// Lays layers over one another, the weakest first. Patterns are relative to `root`.
    ///
    /// # Errors
    /// If a pattern is not a glob.
    pub fn new(layers: Vec<Layer>, root: PathBuf) -> Result<Self, ConfigError> {
        let pedantic = last(&layers, |r| r.pedantic).unwrap_or(false);
        let lowest = if pedantic { Confidence::Low } else { Confidence::Medium };
        let models = layers.iter().rev().find_map(|l| {
            let models = l.raw.models.as_ref()?;
            let of = |lang, names: &[String]| names.iter().map(|n| (lang, l.dir.join(n))).collect::<Vec<_>>();
            Some([of(Lang::Python, &models.python), of(Lang::Rust, &models.rust)].concat())
        });
        let baseline = layers.iter().rev().find_map(|l| Some(l.dir.join(l.raw.baseline.as_ref()?)));
        let levels = layers.iter().flat_map(|l| l.raw.levels.clone().unwrap_or_default()).collect();
        Ok(Self {
            include: patterns(&layers, |r| r.include.clone())?,
            exclude: patterns(&layers, |r| r.exclude.clone())?,
            force_exclude: last(&layers, |r| r.force_exclude).unwrap_or(false),
            respect_gitignore: last(&layers, |r| r.respect_gitignore).unwrap_or(true),
            pedantic,
            report_all: last(&layers, |r| r.report_all).unwrap_or(false),
            fail_on: last(&layers, |r| r.fail_on).map_or(Level::Note, Level::from),
            models: models.unwrap_or_default(),
            baseline,
            select: last(&layers, |r| r.select.clone()).unwrap_or_default(),
            ignore: layers.iter().flat_map(|l| l.raw.ignore.clone().unwrap_or_default()).collect(),
            min_confidence: last(&layers, |r| r.min_confidence).map_or(lowest, Confidence::from),
            levels,
            per_path: per_path(&layers)?,
            root,
            layers,
        })
    }

    /// The level at which a finding of `rule` at `path` (relative to the root) is reported; `None` if it is not.
    #[must_use]
    pub fn level(&self, rule: &Rule, level: Level, confidence: Confidence, path: &str) -> Option<Level> {
        let here = || self.per_path.iter().filter(|p| p.paths.matches(path));
        let named = self.select.iter().any(|id| id == rule.id);
        let ignored = self.ignore.iter().chain(here().flat_map(|p| &p.ignore)).any(|id| id == rule.id);
        let floor = here().filter_map(|p| p.min_confidence).next_back().unwrap_or(self.min_confidence);
        if ignored || confidence < floor || !(named || self.select.is_empty()) {
            return None;
        }
        let mut levels = self.levels.iter().chain(here().flat_map(|p| &p.levels));
        match levels.rfind(|(id, _)| id == rule.id) {
            Some((_, level)) => level.level(),
            None => (named || self.pedantic || (rule.default_on && level > Level::Note)).then_some(level),
        }
    }
}

/// The strongest layer's value.
fn last<T>(layers: &[Layer], value: impl Fn(&Raw) -> Option<T>) -> Option<T> {
    layers.iter().rev().find_map(|l| value(&l.raw))
}

fn patterns(layers: &[Layer], value: impl Fn(&Raw) -> Option<Vec<String>>) -> Result<Patterns, ConfigError> {
    match layers.iter().rev().find_map(|l| Some((l, value(&l.raw)?))) {
        Some((layer, globs)) => compile(layer, &globs),
        None => Ok(Patterns::default()),
    }
}

fn compile(layer: &Layer, globs: &[String]) -> Result<Patterns, ConfigError> {
    let bad = |e: PatternError| ConfigError {
        path: layer.origin.clone(),
        text: String::new(),
        span: None,
        message: e.to_string(),
        help: Some("patterns are those of `.gitignore`; a bracket or brace that is meant as such stands in brackets: `[[]`".into()),
    };
    Patterns::new(globs).map_err(bad)
}

fn per_path(layers: &[Layer]) -> Result<Vec<PathRules>, ConfigError> {
    let mut out = Vec::new();
    for layer in layers {
        for entry in layer.raw.per_path.iter().flatten() {
            out.push(PathRules {
                paths: compile(layer, &entry.paths)?,
                ignore: entry.ignore.clone(),
                min_confidence: entry.min_confidence.map(Confidence::from),
                levels: entry.levels.clone().into_iter().collect(),
            });
        }
    }
    Ok(out)
}
