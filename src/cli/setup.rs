//! From arguments to the options of a check: configuration files, layers, the project's root.

use std::path::{Path, PathBuf};

use super::args::{CheckArgs, ConfigSource};
use super::fail::Failure;
use crate::check::rules;
use crate::config::{self, Layer, Raw, Settings};
use crate::finding::{Rule, find_rule};
use crate::source::discover::normal;

/// The working directory.
pub(super) fn cwd() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|e| Failure::usage(format!("there is no working directory: {e}"), "change to one that exists"))
}

/// The configuration that counts for paths, with the command line's own layer last.
pub(super) fn settings(source: &ConfigSource, cwd: &Path, paths: &[PathBuf], own: Option<Raw>) -> Result<Settings, Failure> {
    let start = start(cwd, paths);
    let mut layers = layers(source, cwd, &start)?;
    let root = project_root(&layers, &start, cwd);
    layers.extend(own.map(|raw| Layer { origin: "command line".into(), dir: cwd.to_owned(), raw }));
    Ok(Settings::new(layers, root)?)
}

/// What the flags of `check` say, as a layer.
pub(super) fn flags(args: &CheckArgs) -> Result<Raw, Failure> {
    let known = rules();
    args.select.iter().chain(&args.ignore).try_for_each(|id| rule(&known, id).map(drop))?;
    let some = |ids: &[String]| (!ids.is_empty()).then(|| ids.to_vec());
    Ok(Raw {
        exclude: some(&args.exclude),
        force_exclude: args.force_exclude.then_some(true),
        respect_gitignore: args.no_respect_gitignore.then_some(false),
        select: some(&args.select),
        ignore: some(&args.ignore),
        pedantic: args.pedantic.then_some(true),
        min_confidence: args.min_confidence,
        report_all: args.report_all.then_some(true),
        fail_on: args.fail_on,
        ..Raw::default()
    })
}

/// The rule of that id, or what to try instead.
pub(super) fn rule(known: &[&'static Rule], id: &str) -> Result<&'static Rule, Failure> {
    find_rule(known, id).map_err(|near| {
        let near = near.map_or_else(String::new, |n| format!("did you mean `{n}`? "));
        Failure::usage(format!("unknown rule `{id}`"), format!("{near}`toctou rules` lists all rules"))
    })
}

fn layers(source: &ConfigSource, cwd: &Path, start: &Path) -> Result<Vec<Layer>, Failure> {
    let known = rules();
    let (inline, files): (Vec<_>, Vec<_>) = source.config.iter().partition(|c| c.contains('=') && !Path::new(c).is_file());
    let mut layers = Vec::new();
    if files.is_empty() && !source.isolated {
        layers.extend(config::find(start, &known)?);
    }
    for file in files {
        layers.push(config::load(&cwd.join(file), &known)?);
    }
    for text in inline {
        layers.push(config::parse_inline(text, cwd, &known)?);
    }
    Ok(layers)
}

/// Where the search for a configuration starts: the nearest directory that holds all paths.
fn start(cwd: &Path, paths: &[PathBuf]) -> PathBuf {
    let dirs = paths.iter().map(|p| {
        let path = normal(&cwd.join(p));
        if path.is_dir() { path } else { path.parent().map_or_else(|| cwd.to_owned(), Path::to_owned) }
    });
    dirs.reduce(|a, b| a.ancestors().find(|dir| b.starts_with(dir)).map_or_else(|| cwd.to_owned(), Path::to_owned))
        .unwrap_or_else(|| cwd.to_owned())
}

/// What paths in patterns, fingerprints and baselines are relative to: the configuration's directory, the repository, or the working directory.
fn project_root(layers: &[Layer], start: &Path, cwd: &Path) -> PathBuf {
    let configured = layers.iter().find(|l| !l.origin.starts_with("--config")).map(|l| l.dir.clone());
    let repository = || start.ancestors().find(|dir| dir.join(".git").exists()).map(Path::to_owned);
    configured.or_else(repository).unwrap_or_else(|| if start.starts_with(cwd) { cwd.to_owned() } else { start.to_owned() })
}
