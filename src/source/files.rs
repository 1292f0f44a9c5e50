//! The files of a run: their names, and their text when somebody asks for it.

use std::io::Read as _;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::{FileId, Lang, LineIndex, Note, NoteKind, Position, Site, Span};

/// Files past this size are not source code that somebody wrote.
const MAX_BYTES: u64 = 64 << 20;

/// One file.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as it is shown: relative to the working directory where it lies below it, with `/` between its parts.
    pub path: String,
    /// Where it is read from; `None` for standard input and unsaved buffers.
    pub disk: Option<PathBuf>,
    /// Language.
    pub lang: Lang,
    /// Whether findings in it are left out of reports by default: a test, an example, a build script, vendored code.
    pub excluded: bool,
    text: OnceLock<String>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file on the disk, not read yet.
    #[must_use]
    pub fn on_disk(path: String, disk: PathBuf, lang: Lang, excluded: bool) -> Self {
        Self { path, disk: Some(disk), lang, excluded, text: OnceLock::new(), lines: OnceLock::new() }
    }

    /// A file whose text is given: standard input, an unsaved buffer.
    #[must_use]
    pub fn in_memory(path: String, text: &str, lang: Lang) -> Self {
        let text = OnceLock::from(without_mark(text.to_owned()));
        Self { path, disk: None, lang, excluded: false, text, lines: OnceLock::new() }
    }

    /// Reads the text without keeping it, so that a run needs no memory for files that nothing is said about.
    /// A byte order mark is left out; all spans count from behind it.
    ///
    /// # Errors
    /// Gives a note that names the file if it cannot be read or is not UTF-8.
    pub fn read(&self) -> Result<String, Note> {
        match (self.text.get(), &self.disk) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(disk)) => read_utf8(disk).map_err(|why| Note::file(NoteKind::Unreadable, &*self.path, why)),
            (None, None) => Ok(String::new()),
        }
    }

    /// Keeps a text that was [read](Self::read), because it will be shown.
    pub fn keep(&self, text: String) {
        // A second text of one file would be the same one; the first is kept.
        let _ = self.text.set(text);
    }

    /// The text; read now if it was not kept. Empty if it has become unreadable since.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| self.disk.as_ref().and_then(|p| read_utf8(p).ok()).unwrap_or_default())
    }

    /// The starts of its lines.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.text()))
    }

    /// The byte range of a span, cut to the text, in case that the file was changed after it was analysed.
    #[must_use]
    pub fn range(&self, span: Span) -> Range<usize> {
        let text = self.text();
        let start = text.floor_char_boundary(span.start as usize);
        let end = text.floor_char_boundary(span.end as usize);
        start..end.max(start)
    }

    /// The places where a span starts and ends.
    #[must_use]
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let (range, text) = (self.range(span), self.text());
        (self.lines().position(text, range.start), self.lines().position(text, range.end))
    }
}

/// The files of a run, sorted by path; a [`FileId`] is an index into them.
#[derive(Debug, Default)]
pub struct Files(Vec<SourceFile>);

impl Files {
    /// Sorts files by path and keeps the first of those with equal paths, so that a buffer given before the disk's file replaces it.
    #[must_use]
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|b, a| a.path == b.path);
        Self(files)
    }

    /// A file by its id, which must be of this run.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.0[id.0 as usize]
    }

    /// A file's path as it is shown.
    #[must_use]
    pub fn path(&self, id: FileId) -> &str {
        &self.get(id).path
    }

    /// The file of that path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.0.binary_search_by(|f| f.path.as_str().cmp(path)).ok().map(id)
    }

    /// The places where a site starts and ends.
    #[must_use]
    pub fn positions(&self, site: Site) -> (Position, Position) {
        self.get(site.file).positions(site.span)
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FileId, &SourceFile)> {
        self.0.iter().enumerate().map(|(i, f)| (id(i), f))
    }

    /// All files as a slice, for parallel iteration.
    #[must_use]
    pub fn as_slice(&self) -> &[SourceFile] {
        &self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn id(index: usize) -> FileId {
    FileId(u32::try_from(index).expect("a run has fewer than 2^32 files"))
}

/// Reads a file, or says in a few words why not.
fn read_utf8(path: &std::path::Path) -> Result<String, String> {
    let fail = |e: std::io::Error| format!("cannot be read: {e}");
    let file = std::fs::File::open(path).map_err(fail)?;
    let meta = file.metadata().map_err(fail)?;
    if !meta.is_file() {
        return Err("cannot be read: not a regular file".into());
    }
    if meta.len() > MAX_BYTES {
        return Err(format!("left out: larger than {} MiB", MAX_BYTES >> 20));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(fail)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(without_mark(text)),
        Err(e) => Err(format!("not UTF-8: byte {} does not fit", e.utf8_error().valid_up_to())),
    }
}

/// Cuts a byte order mark off.
fn without_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_given_first_replaces_the_file_of_the_same_path() {
        let disk = SourceFile::on_disk("b.py".into(), "/nowhere/b.py".into(), Lang::Python, false);
        let other = SourceFile::in_memory("a.py".into(), "", Lang::Python);
        let files = Files::new(vec![SourceFile::in_memory("b.py".into(), "\u{feff}x = 1\n", Lang::Python), disk, other]);
        assert_eq!(files.len(), 2);
        let b = files.find("b.py").expect("b.py is there");
        assert_eq!(files.get(b).text(), "x = 1\n");
        assert_eq!(files.find("c.py"), None);
    }

    #[test]
    fn bad_files_give_a_reason() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let latin = dir.path().join("latin.py");
        std::fs::write(&latin, b"# caf\xe9\n").expect("written");
        assert_eq!(read_utf8(&latin), Err("not UTF-8: byte 5 does not fit".into()));
        assert!(read_utf8(dir.path()).expect_err("a directory").starts_with("cannot be read"));
    }

    #[test]
    fn spans_past_the_end_are_cut() {
        let file = SourceFile::in_memory("a.py".into(), "é\n", Lang::Python);
        assert_eq!(file.range(Span::new(1, 99)), 0..3);
        assert_eq!(file.range(Span::new(50, 99)), 3..3);
    }
}
