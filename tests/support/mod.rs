//! What the tests over programs share: running the linter in this process, marks, and texts that are kept in files.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

pub(crate) mod kept;
pub(crate) mod marks;
pub(crate) mod project;
pub(crate) mod run;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

/// A path in the repository.
pub(crate) fn repository(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The entries of a directory as (path relative to the repository, whether it is a directory), sorted.
pub(crate) fn entries(dir: &str) -> Vec<(String, bool)> {
    let listing = std::fs::read_dir(repository(dir)).unwrap_or_else(|e| panic!("{dir}: {e}"));
    let entry = |e: std::io::Result<std::fs::DirEntry>| {
        let e = e.expect("a directory of the repository can be listed");
        (format!("{dir}/{}", e.file_name().to_string_lossy()), e.path().is_dir())
    };
    let mut entries: Vec<_> = listing.map(entry).collect();
    entries.sort();
    entries
}

/// All files below a directory with one of these extensions, sorted.
pub(crate) fn files_below(dir: &str, extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for (path, is_dir) in entries(&dir) {
            if is_dir {
                open.push(path);
            } else if path.rsplit_once('.').is_some_and(|(_, ext)| extensions.contains(&ext)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Judges programs side by side. Whoever waits for a program's own threads takes up the next program meanwhile, on the same stack.
pub(crate) fn judge_all<T: Sync>(programs: &[T], judge: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(1 << 30).build().expect("threads can be started");
    pool.install(|| programs.par_iter().filter_map(|p| judge(p).err()).collect())
}

/// Fails with all complaints, and with how to accept what is kept in files.
pub(crate) fn fail_on(complaints: &[String], what: usize, test: &str) {
    assert!(
        complaints.is_empty(),
        "{} of {what} failed\n\n{}\n\nIf the new texts are right, accept them with\n\n    UPDATE=1 cargo test --test {test}\n",
        complaints.len(),
        complaints.join("\n")
    );
}
