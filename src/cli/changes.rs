//! `--new-from`: what is new, as git tells it.

use std::path::{Path, PathBuf};

use super::fail::Failure;
use super::git::{git, line};
use crate::finding::Changes;
use crate::source::Lang;
use crate::source::discover::{normal, shown};

/// What is new, and the staged texts of files that differ from it on the disk.
#[derive(Default)]
pub(super) struct New {
    pub(super) changes: Option<Changes>,
    pub(super) staged: Vec<(String, String)>,
}

const DIFF: &[&str] = &["diff", "-U0", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"];

/// Reads `REV`, `merge-base:REV`, `staged` or `patch:FILE`.
pub(super) fn new_from(cwd: &Path, from: &str) -> Result<New, Failure> {
    if let Some(file) = from.strip_prefix("patch:") {
        return patch(cwd, file);
    }
    let top = PathBuf::from(line(cwd, &["rev-parse", "--show-toplevel"]).map_err(|e| outside(from, e))?);
    if from == "staged" {
        return staged(cwd, &top);
    }
    let base = match from.strip_prefix("merge-base:") {
        Some(rev) => line(cwd, &["merge-base", &commit(cwd, rev)?, "HEAD"]).map_err(|e| no_base(cwd, rev, &e))?,
        None => commit(cwd, from)?,
    };
    let mut changes = diff(cwd, &top, &[base.as_str(), "--"])?;
    let untracked = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    for path in names(&untracked) {
        changes.add_file(shown(cwd, &top.join(path)));
    }
    Ok(New { changes: Some(changes), staged: Vec::new() })
}

fn patch(cwd: &Path, file: &str) -> Result<New, Failure> {
    let told =
        |e: std::io::Error| Failure::usage(format!("cannot read the patch `{file}`: {e}"), "`--new-from patch:FILE` wants a unified diff");
    let text = std::fs::read(cwd.join(file)).map_err(told)?;
    let top = line(cwd, &["rev-parse", "--show-toplevel"]).map_or_else(|_| cwd.to_owned(), PathBuf::from);
    let changes = Changes::parse(&String::from_utf8_lossy(&text), |path| shown(cwd, &normal(&top.join(path))));
    Ok(New { changes: Some(changes), staged: Vec::new() })
}

/// What would be committed: the index counts, also where the file on the disk has moved on.
fn staged(cwd: &Path, top: &Path) -> Result<New, Failure> {
    let changes = diff(cwd, top, &["--cached", "--"])?;
    let moved_on = git(top, &["diff", "--name-only", "-z", "--no-ext-diff"])?;
    let mut staged = Vec::new();
    for path in names(&moved_on).filter(|p| Lang::of_path(p).is_some()) {
        // A file whose conflict is not resolved has no staged text; the one on the disk is as good.
        if let Ok(text) = git(top, &["show", &format!(":{path}")]) {
            staged.push((shown(cwd, &top.join(path)), String::from_utf8_lossy(&text).into_owned()));
        }
    }
    Ok(New { changes: Some(changes), staged })
}

fn diff(cwd: &Path, top: &Path, what: &[&str]) -> Result<Changes, Failure> {
    let text = git(top, &[DIFF, what].concat())?;
    Ok(Changes::parse(&String::from_utf8_lossy(&text), |path| shown(cwd, &top.join(path))))
}

fn names(list: &[u8]) -> impl Iterator<Item = &str> {
    list.split(|b| *b == 0).filter_map(|name| std::str::from_utf8(name).ok()).filter(|name| !name.is_empty())
}

fn commit(cwd: &Path, rev: &str) -> Result<String, Failure> {
    line(cwd, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{rev}^{{commit}}")]).map_err(|e| match e {
        _ if is_shallow(cwd) => shallow(rev),
        _ => Failure::usage(format!("git knows no revision `{rev}`"), "fetch it, or name one of `git branch --all`"),
    })
}

fn no_base(cwd: &Path, rev: &str, error: &Failure) -> Failure {
    if is_shallow(cwd) {
        shallow(rev)
    } else {
        Failure::usage(format!("`{rev}` and HEAD have no common ancestor ({error})"), "name another revision")
    }
}

fn is_shallow(cwd: &Path) -> bool {
    line(cwd, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer == "true")
}

fn shallow(rev: &str) -> Failure {
    Failure::usage(
        format!("this clone is shallow and does not reach `{rev}`"),
        "deepen it: `git fetch --unshallow`; in GitHub's checkout action set `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`",
    )
}

fn outside(from: &str, error: Failure) -> Failure {
    if let Failure::Usage(_, Some(_)) = error {
        // Git itself is missing, and says so.
        return error;
    }
    Failure::usage(format!("`--new-from {from}` needs a git repository ({error})"), "run it inside of one, or use `--new-from patch:FILE`")
}
