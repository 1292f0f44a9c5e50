//! Which lines are new, read from a unified diff.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Finding;
use crate::source::Files;

/// New lines of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(BTreeMap<String, Lines>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lines {
    All,
    Some(Vec<RangeInclusive<usize>>),
}

impl Changes {
    /// Reads a unified diff; `rename` turns its paths (without `b/`) into those that the run shows.
    #[must_use]
    pub fn parse(diff: &str, rename: impl Fn(&str) -> String) -> Self {
        let mut changes = Self::default();
        let (mut path, mut left) = (None, (0_usize, 0_usize));
        for line in diff.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)) {
            // Inside of a hunk, a line that starts with `+++` is an added line that starts with `++`.
            if left != (0, 0) {
                match line.as_bytes().first() {
                    Some(b'-') => left.0 = left.0.saturating_sub(1),
                    Some(b'+') => left.1 = left.1.saturating_sub(1),
                    Some(b'\\') => {}
                    _ => left = (left.0.saturating_sub(1), left.1.saturating_sub(1)),
                }
            } else if let Some(name) = line.strip_prefix("+++ ") {
                path = new_path(name).map(|p| rename(&p));
            } else if let Some((old, new)) = hunk(line) {
                left = (old.1, new.1);
                if let Some(path) = &path {
                    changes.add(path, new);
                }
            }
        }
        changes
    }

    /// Marks a whole file as new.
    pub fn add_file(&mut self, path: String) {
        self.0.insert(path, Lines::All);
    }

    /// Notes the lines of a hunk. Where lines were only taken out, their neighbours count: what stood there may have been the lock.
    fn add(&mut self, path: &str, (start, count): (usize, usize)) {
        let range = if count == 0 { start..=start + 1 } else { start..=start + count - 1 };
        if let Lines::Some(ranges) = self.0.entry(path.to_owned()).or_insert_with(|| Lines::Some(Vec::new())) {
            ranges.push(range);
        }
    }

    /// Whether any place of a finding is on a new line.
    #[must_use]
    pub fn touch(&self, files: &Files, finding: &Finding) -> bool {
        finding.sites().any(|label| match self.0.get(files.path(label.site.file)) {
            None => false,
            Some(Lines::All) => true,
            Some(Lines::Some(ranges)) => {
                let (start, end) = files.positions(label.site);
                ranges.iter().any(|r| *r.start() <= end.line && start.line <= *r.end())
            }
        })
    }
}

/// The old and the new side of `@@ -1,2 +3,4 @@`: first line and count.
fn hunk(line: &str) -> Option<((usize, usize), (usize, usize))> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let new = rest.split_once(" @@")?.0;
    let side = |text: &str| match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    Some((side(old)?, side(new)?))
}

/// The path of a `+++` line; `None` for a file that was removed.
fn new_path(name: &str) -> Option<String> {
    let name = if name.starts_with('"') { unquoted(name) } else { name.split('\t').next().unwrap_or(name).to_owned() };
    if name == "/dev/null" { None } else { Some(name.strip_prefix("b/").unwrap_or(&name).to_owned()) }
}

/// A path that git wrote as a C string.
fn unquoted(name: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), &name.as_bytes()[1..]);
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'"', _) => break,
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = after;
            }
            (b'\\', [escape, after @ ..]) => {
                bytes.push(match escape {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'a' => 7,
                    b'b' => 8,
                    b'v' => 11,
                    b'f' => 12,
                    other => *other,
                });
                rest = after;
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::tests::sample;
    use crate::source::{Lang, SourceFile};

    const TEXT: &str = "one\ntwo\nthree\nfour\n";

    fn touched(diff: &str, path: &str, line: usize) -> bool {
        let files = Files::new(vec![SourceFile::in_memory(path.into(), TEXT, Lang::Python)]);
        let start = TEXT.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        Changes::parse(diff, str::to_owned).touch(&files, &sample(0, start, start + 2))
    }

    #[test]
    fn lines_of_hunks_count() {
        let diff = "--- a/x.py\n+++ b/x.py\n@@ -2 +2,2 @@ def f():\n-old\n+two\n+++ three\n@@ -9,3 +3,0 @@\n-x\n-y\n-z\n";
        let lines: Vec<_> = (1..=4).map(|n| touched(diff, "x.py", n)).collect();
        assert_eq!(lines, [false, true, true, true], "a removal touches the lines around it, and an added `++` is no header");
        assert!(!touched(diff, "y.py", 2));
    }

    #[test]
    fn odd_names_are_read() {
        let diff = "+++ \"b/a \\\"q\\\" \\303\\251.py\"\n@@ -0,0 +1 @@\n+one\n+++ b/with space.py\t\n@@ -0,0 +1 @@\n+one\n";
        assert!(touched(diff, "a \"q\" é.py", 1) && touched(diff, "with space.py", 1));
    }

    #[test]
    fn removed_and_whole_files() {
        assert_eq!(Changes::parse("--- a/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n", str::to_owned), Changes::default());
        let mut changes = Changes::default();
        changes.add_file("x.py".into());
        let files = Files::new(vec![SourceFile::in_memory("x.py".into(), TEXT, Lang::Python)]);
        assert!(changes.touch(&files, &sample(0, 9, 10)));
    }
}
