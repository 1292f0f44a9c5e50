//! A lexer that knows strings, raw strings, characters, lifetimes, comments and documentation, and allocates nothing: for whoever
//! looks at a text without parsing it.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `//` or `/* */`.
    Comment,
    /// `///`, `//!`, `/** */`, `/*! */`.
    Doc,
    /// A word, number, string or character.
    Word,
    /// One character of punctuation.
    Punct(u8),
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of a text from `at` on, comments among them.
pub(super) fn tokens(text: &str, at: usize) -> impl Iterator<Item = Token> {
    let bytes = text.as_bytes();
    let mut at = at;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        (at < bytes.len()).then(|| {
            let (kind, end) = token(text, at);
            let start = std::mem::replace(&mut at, end);
            Token { kind, start, end }
        })
    })
}

/// The code of a text: comments and the ends of lines outside of strings are blanks, and everything stays where it is. So is
/// documentation, unless it is kept for macros, which can ask for it.
pub(super) fn code(text: &str, keeps_docs: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for token in tokens(text, 0) {
        if token.kind == Kind::Comment || token.kind == Kind::Doc && !keeps_docs {
            continue;
        }
        blank(&mut out, token.start);
        out.push_str(&text[token.start..token.end]);
        if token.kind == Kind::Doc && text[token.start..].starts_with("//") && token.end < text.len() {
            out.push('\n');
        }
    }
    blank(&mut out, text.len());
    out
}

fn blank(out: &mut String, to: usize) {
    const BLANKS: &str = "                                                                ";
    while out.len() < to {
        out.push_str(&BLANKS[..BLANKS.len().min(to - out.len())]);
    }
}

/// The kind and the end of the token at `at`.
fn token(text: &str, at: usize) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => (comment_kind(rest, b'/', b"////"), line_end(bytes, at)),
        [b'/', b'*', ..] => (comment_kind(rest, b'*', b"/***"), block_end(bytes, at)),
        [b'"', ..] => (Kind::Word, string_end(bytes, at + 1)),
        [b'\'', ..] => (Kind::Word, quote_end(text, at)),
        [c, ..] if is_word(*c) => word(text, at),
        [c, ..] => (Kind::Punct(*c), at + 1),
        [] => (Kind::Word, at),
    }
}

/// Documentation has a third mark, but not a fourth.
fn comment_kind(rest: &[u8], mark: u8, four: &[u8]) -> Kind {
    let doc = rest.get(2).is_some_and(|c| *c == mark || *c == b'!') && !rest.starts_with(four) && !rest.starts_with(b"/**/");
    if doc { Kind::Doc } else { Kind::Comment }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
    if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end }
}

/// Block comments nest.
fn block_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a string whose opening quote ends at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A raw string has as many `#` behind its closing quote as before the opening one.
fn raw_string_end(bytes: &[u8], hashes_at: usize) -> Option<usize> {
    let hashes = bytes[hashes_at..].iter().take_while(|b| **b == b'#').count();
    let open = hashes_at + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let mut at = open + 1;
    while let Some(quote) = memchr::memchr(b'"', &bytes[at..]) {
        at += quote + 1;
        if bytes[at..].iter().take(hashes).filter(|b| **b == b'#').count() == hashes {
            return Some(at + hashes);
        }
    }
    Some(bytes.len())
}

/// A character or a lifetime.
fn quote_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut chars = text[at + 1..].chars();
    match chars.next() {
        Some('\\') => {
            let escaped = (at + 3).min(bytes.len());
            memchr::memchr(b'\'', &bytes[escaped..]).map_or(bytes.len(), |n| escaped + n + 1)
        }
        Some(c) if chars.next() == Some('\'') => at + 2 + c.len_utf8(),
        _ => at + 1,
    }
}

/// A word; or the string that a prefix starts.
fn word(text: &str, at: usize) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let end = at + bytes[at..].iter().take_while(|b| is_word(**b)).count();
    let raw = matches!(&text[at..end], "r" | "br" | "cr");
    let end = match bytes.get(end) {
        Some(b'"' | b'#') if raw => raw_string_end(bytes, end).unwrap_or(end),
        Some(b'"') if matches!(&text[at..end], "b" | "c") => string_end(bytes, end + 1),
        Some(b'\'') if &text[at..end] == "b" => quote_end(text, end),
        _ => end,
    };
    (Kind::Word, end)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}
