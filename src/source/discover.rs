//! Which files a run looks at.

use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::scope::{PACKAGING, is_test_like};
use super::{Lang, Note, NoteKind, SourceFile};

/// Directories that are never entered from above: version control, environments, caches, build output.
const SKIPPED: &[&str] =
    &[".git", ".hg", ".svn", ".jj", ".venv", "node_modules", "__pycache__", ".tox", ".nox", ".eggs", ".mypy_cache", ".ruff_cache"];
/// A directory with one of these is an environment or a cache, whatever its name.
const SKIP_MARKS: &[&str] = &["pyvenv.cfg", "CACHEDIR.TAG"];

/// What to look for, and where.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The working directory, which shown paths are relative to.
    pub cwd: PathBuf,
    /// Where patterns are anchored: the directory of the configuration file.
    pub root: PathBuf,
    /// Files and directories as the user named them; relative ones count from `cwd`.
    pub paths: Vec<PathBuf>,
    /// If not empty, only files that match one of these.
    pub include: Patterns,
    /// Nothing that matches one of these.
    pub exclude: Patterns,
    /// Apply `exclude` also to files that the user named.
    pub force_exclude: bool,
    /// Look at what `.gitignore` and its like leave out.
    pub no_ignore: bool,
    /// Take tests, examples and vendored code for what the project is about.
    pub report_all: bool,
    /// Threads; 0 leaves the choice to the walker.
    pub threads: usize,
}

/// A path that the user named and that is not there.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {source}")]
pub struct PathError {
    /// As named.
    pub path: String,
    /// Why.
    pub source: std::io::Error,
}

/// A text that is not a pattern.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a pattern: {why}")]
pub struct PatternError {
    /// As given.
    pub pattern: String,
    /// Why.
    pub why: String,
}

impl PatternError {
    fn of(pattern: &str, error: &globset::Error) -> Self {
        Self { pattern: pattern.to_owned(), why: error.kind().to_string() }
    }
}

/// A list of glob patterns, in the manner of `.gitignore`: one without a slash matches at any depth, and a directory takes what is below it.
#[derive(Clone, Debug, Default)]
pub struct Patterns(GlobSet);

impl Patterns {
    /// Compiles patterns.
    ///
    /// # Errors
    /// The first pattern that is not a glob, and why.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, PatternError> {
        let mut set = GlobSetBuilder::new();
        for given in globs.iter().map(AsRef::as_ref) {
            let glob = given.trim_end_matches('/');
            let anchored = glob.trim_start_matches("./").trim_start_matches('/');
            let depth = if glob.trim_start_matches("./").contains('/') { "" } else { "**/" };
            for text in [format!("{depth}{anchored}"), format!("{depth}{anchored}/**")] {
                set.add(Glob::new(&text).map_err(|e| PatternError::of(given, &e))?);
            }
        }
        Ok(Self(set.build().map_err(|e| PatternError::of(e.glob().unwrap_or_default(), &e))?))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path relative to the patterns' root matches.
    #[must_use]
    pub fn matches(&self, path: impl AsRef<Path>) -> bool {
        self.0.is_match(path)
    }
}

impl Discovery {
    /// Finds the files, in no order (see [`super::Files::new`]), and says what could not be looked at.
    ///
    /// # Errors
    /// If a path that the user named is not there.
    pub fn run(&self) -> Result<(Vec<SourceFile>, Vec<Note>), PathError> {
        let (mut files, mut notes) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let disk = normal(&self.cwd.join(path));
            let meta = std::fs::metadata(&disk).map_err(|source| PathError { path: path.display().to_string(), source })?;
            if meta.is_dir() {
                let (found, trouble) = self.walk(&disk);
                files.extend(found);
                notes.extend(trouble);
            } else if !(self.force_exclude && self.exclude.matches(self.below_root(&disk))) {
                match language(&disk) {
                    Some(lang) => files.push(SourceFile::on_disk(self.shown(&disk), disk, lang, false)),
                    None => notes.push(Note::file(NoteKind::Unreadable, self.shown(&disk), "left out: neither Python nor Rust")),
                }
            }
        }
        notes.sort();
        notes.dedup();
        Ok((files, notes))
    }

    fn walk(&self, top: &Path) -> (Vec<SourceFile>, Vec<Note>) {
        let found = Mutex::new((Vec::new(), Vec::new()));
        let (this, top_path) = (self.clone(), top.to_owned());
        let walker = WalkBuilder::new(top)
            .standard_filters(!self.no_ignore)
            .hidden(false)
            .require_git(false)
            .threads(self.threads)
            .filter_entry(move |entry| this.enters(&top_path, entry))
            .build_parallel();
        walker.run(|| {
            Box::new(|entry| {
                let outcome = entry.map(|entry| self.accept(top, &entry)).map_err(|e| self.walk_note(&e));
                let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match outcome {
                    Ok(file) => found.0.extend(file),
                    Err(note) => found.1.push(note),
                }
                WalkState::Continue
            })
        });
        found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether the walk goes on below an entry.
    fn enters(&self, top: &Path, entry: &DirEntry) -> bool {
        if entry.path() == top {
            return true;
        }
        if self.exclude.matches(self.below_root(entry.path())) {
            return false;
        }
        let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
        let skipped = || SKIPPED.iter().any(|s| entry.file_name() == *s) || SKIP_MARKS.iter().any(|m| entry.path().join(m).exists());
        !(is_dir && skipped())
    }

    /// The file of an entry, if it is source code that was asked for.
    fn accept(&self, top: &Path, entry: &DirEntry) -> Option<SourceFile> {
        if !entry.file_type()?.is_file() {
            return None;
        }
        let disk = entry.path();
        let lang = Lang::of_path(&disk.to_string_lossy())?;
        if !self.include.is_empty() && !self.include.matches(self.below_root(disk)) {
            return None;
        }
        // Within a package it is a module like any other.
        let is_module = entry.file_name() == PACKAGING && disk.with_file_name("__init__.py").exists();
        let named = if is_module { disk.parent()?.join("__init__.py") } else { disk.to_owned() };
        let excluded = !self.report_all && is_test_like(&slashed(named.strip_prefix(top).unwrap_or(&named)));
        Some(SourceFile::on_disk(self.shown(disk), disk.to_owned(), lang, excluded))
    }

    fn walk_note(&self, error: &ignore::Error) -> Note {
        Note::file(NoteKind::Unreadable, "", format!("left out: {error}"))
    }

    fn below_root<'a>(&self, disk: &'a Path) -> &'a Path {
        disk.strip_prefix(&self.root).unwrap_or(disk)
    }

    /// How a path is shown: relative to the working directory if it lies below it.
    fn shown(&self, disk: &Path) -> String {
        shown(&self.cwd, disk)
    }
}

/// How a path is shown: relative to the working directory where it lies below it, with `/` between its parts.
#[must_use]
pub fn shown(cwd: &Path, disk: &Path) -> String {
    slashed(disk.strip_prefix(cwd).unwrap_or(disk))
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// The path without `.` and, where nothing is lost by it, without `..`. Links are not looked at.
#[must_use]
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The language of a file that the user named: by its extension, or by its first line if it has none.
fn language(disk: &Path) -> Option<Lang> {
    if disk.extension().is_some() {
        return Lang::of_path(&disk.to_string_lossy());
    }
    let mut head = [0; 64];
    let file = std::fs::File::open(disk).ok()?;
    let n = std::io::Read::read(&mut &file, &mut head).ok()?;
    let first = head[..n].split(|&b| b == b'\n').next()?;
    (first.starts_with(b"#!") && memchr::memmem::find(first, b"python").is_some()).then_some(Lang::Python)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Files;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("has a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        dir
    }

    fn at(dir: &tempfile::TempDir) -> Discovery {
        let cwd = dir.path().to_owned();
        Discovery { root: cwd.clone(), cwd, paths: vec![".".into()], ..Discovery::default() }
    }

    fn found(d: &Discovery) -> Vec<String> {
        let (files, _) = d.run().expect("all named paths are there");
        Files::new(files).iter().map(|(_, f)| format!("{}{}", f.path, if f.excluded { " (excluded)" } else { "" })).collect()
    }

    #[test]
    fn ignores_what_git_ignores_and_marks_tests() {
        let dir = tree(&[
            ("a.py", ""),
            ("src/b.rs", ""),
            ("out/c.py", ""),
            (".gitignore", "out/\n"),
            ("tests/d.py", ""),
            ("env/pyvenv.cfg", ""),
            ("env/e.py", ""),
            ("readme.md", ""),
            ("x.py/inner.py", ""),
            ("setup.py", ""),
            ("pkg/__init__.py", ""),
            ("pkg/setup.py", ""),
            ("tests/pkg/__init__.py", ""),
            ("tests/pkg/setup.py", ""),
        ]);
        let tests = ["tests/d.py (excluded)", "tests/pkg/__init__.py (excluded)", "tests/pkg/setup.py (excluded)"];
        let reported = ["a.py", "pkg/__init__.py", "pkg/setup.py", "setup.py (excluded)", "src/b.rs"];
        assert_eq!(found(&at(&dir)), [&reported[..], &tests[..], &["x.py/inner.py"]].concat());
        let all = Discovery { no_ignore: true, ..at(&dir) };
        assert!(found(&all).contains(&"out/c.py".to_owned()));
    }

    #[test]
    fn what_the_user_named_counts_unless_exclusion_is_forced() {
        let dir = tree(&[("gen/a.py", ""), ("b.py", ""), ("tests/t.py", ""), ("tool", "#!/usr/bin/env python3\n")]);
        let exclude = Patterns::new(&["gen/"]).expect("a glob");
        let paths = vec!["gen/a.py".into(), "tests".into(), "tool".into()];
        let named = Discovery { exclude: exclude.clone(), paths, ..at(&dir) };
        assert_eq!(found(&named), ["gen/a.py", "tests/t.py", "tool"]);
        assert_eq!(found(&Discovery { force_exclude: true, ..named }), ["tests/t.py", "tool"]);
        assert_eq!(found(&Discovery { exclude, ..at(&dir) }), ["b.py", "tests/t.py (excluded)"]);
    }

    #[test]
    fn include_narrows() {
        let dir = tree(&[("a/x.py", ""), ("b/x.py", ""), ("b/y.rs", "")]);
        let include = Patterns::new(&["b/*.py"]).expect("a glob");
        assert_eq!(found(&Discovery { include, ..at(&dir) }), ["b/x.py"]);
    }

    #[test]
    fn a_missing_path_is_an_error_that_names_it() {
        let dir = tree(&[]);
        let missing = Discovery { paths: vec!["no/such.py".into()], ..at(&dir) };
        assert!(missing.run().expect_err("it is not there").to_string().contains("no/such.py"));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_loop_end() {
        let dir = tree(&[("a/b.py", "")]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/loop")).expect("linked");
        std::os::unix::fs::symlink("self.py", dir.path().join("self.py")).expect("linked");
        assert_eq!(found(&at(&dir)), ["a/b.py"]);
    }
}
