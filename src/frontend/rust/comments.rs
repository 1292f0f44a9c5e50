//! Comments of a Rust file and the statements and items that they stand above, by a lexer that knows strings, raw strings,
//! characters, lifetimes and documentation. It needs no parser, so that it also works in files that do not parse.

use crate::source::{Comment, Placement, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `//` or `/* */`.
    Comment,
    /// `///`, `//!`, `/** */`, `/*! */`.
    Doc,
    /// A word, number, string or character.
    Word,
    /// One character of punctuation.
    Punct(u8),
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// All comments that are not documentation, in order.
#[must_use]
pub fn comments(text: &str) -> Vec<Comment> {
    let tokens = lex(text);
    let found = tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Comment);
    found.map(|(index, token)| comment(text, &tokens, index, *token)).collect()
}

fn comment(text: &str, tokens: &[Token], index: usize, token: Token) -> Comment {
    let line = text[..token.start].rfind('\n').map_or(0, |n| n + 1);
    let placement = if !text[line..token.start].trim().is_empty() {
        Placement::Trailing
    } else if at_head(text, tokens, index) {
        Placement::Head
    } else {
        statement(text, tokens, index).map_or(Placement::Nothing, Placement::Above)
    };
    let words = &text[token.start..token.end];
    let words = words.strip_prefix("/*").map_or_else(|| words.trim_start_matches('/'), |w| w.strip_suffix("*/").unwrap_or(w));
    Comment { span: Span::new(token.start, token.end), text: words.trim().to_owned(), placement }
}

/// Whether only comments, documentation and inner attributes stand before a comment, and a blank line or more of those parts it from the code.
fn at_head(text: &str, tokens: &[Token], index: usize) -> bool {
    let mut at = 0;
    while at < index {
        match tokens[at].kind {
            Kind::Comment | Kind::Doc => at += 1,
            Kind::Punct(b'#') if is_inner_attribute(tokens, at) => at = after_attribute(tokens, at),
            _ => return false,
        }
    }
    let mut end = tokens[index].end;
    for (i, token) in tokens.iter().enumerate().skip(index + 1) {
        if text[end..token.start].matches('\n').count() > 1 {
            return true;
        }
        match token.kind {
            Kind::Comment => end = token.end,
            Kind::Doc => return text[token.start..].starts_with("//!") || text[token.start..].starts_with("/*!"),
            _ => return is_inner_attribute(tokens, i),
        }
    }
    true
}

fn is_inner_attribute(tokens: &[Token], at: usize) -> bool {
    tokens[at].kind == Kind::Punct(b'#') && tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Punct(b'!'))
}

/// The token behind `#[…]` or `#![…]`.
fn after_attribute(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(at + 1) {
        match token.kind {
            Kind::Punct(b'[' | b'(' | b'{') => depth += 1,
            Kind::Punct(b']' | b')' | b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// The statement, item, match arm or argument that follows, its attributes included.
fn statement(text: &str, tokens: &[Token], comment: usize) -> Option<Span> {
    let is_code = |t: &Token| !matches!(t.kind, Kind::Comment | Kind::Doc);
    let first = (comment + 1..tokens.len()).find(|i| is_code(&tokens[*i]))?;
    let mut at = first;
    while tokens.get(at).is_some_and(|t| t.kind == Kind::Punct(b'#')) {
        at = (after_attribute(tokens, at)..tokens.len()).find(|i| is_code(&tokens[*i]))?;
    }
    let head = &text[tokens.get(at)?.start..tokens[at].end];
    let item = matches!(head, "pub" | "fn" | "async" | "unsafe" | "extern" | "impl" | "struct" | "enum" | "trait" | "mod" | "union");
    let to_semicolon = matches!(head, "let" | "const" | "static" | "use" | "type" | "return" | "break");
    let code: Vec<Token> = tokens[at..].iter().filter(|t| is_code(t)).copied().collect();
    let (mut depth, mut end) = (0_usize, None);
    for (i, token) in code.iter().enumerate() {
        let next = code.get(i + 1).map_or("", |n| &text[n.start..n.end]);
        match token.kind {
            Kind::Punct(b'(' | b'[' | b'{') => depth += 1,
            Kind::Punct(b')' | b']' | b'}') if depth == 0 => break,
            Kind::Punct(c @ (b')' | b']' | b'}')) => {
                depth -= 1;
                let goes_on = to_semicolon || matches!(next, "else" | "." | "?" | ";" | "=");
                if c == b'}' && depth == 0 && !goes_on {
                    end = Some(token.end);
                    break;
                }
            }
            Kind::Punct(b';') if depth == 0 => {
                end = Some(token.end);
                break;
            }
            Kind::Punct(b',') if depth == 0 && !item => break,
            _ => {}
        }
        end = Some(token.end);
    }
    end.map(|end| Span::new(tokens[first].start, end))
}

fn lex(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = if text.starts_with("#!") && !text[2..].trim_start().starts_with('[') { line_end(bytes, 0) } else { 0 };
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (kind, end) = token(text, at);
        tokens.push(Token { kind, start: at, end });
        at = end;
    }
    tokens
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

#[cfg(test)]
#[path = "comments_tests.rs"]
mod tests;
