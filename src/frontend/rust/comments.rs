//! Comments of a Rust file and the statements and items that they stand above. Needs no parser, so that it also works in files
//! that do not parse.

use super::lexer::{Kind, Token, tokens};
use crate::source::{Comment, Placement, Span};

/// All comments that are not documentation, in order.
#[must_use]
pub fn comments(text: &str) -> Vec<Comment> {
    let is_shebang = text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    let code = if is_shebang { text.find('\n').unwrap_or(text.len()) } else { 0 };
    let tokens: Vec<Token> = tokens(text, code).collect();
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

#[cfg(test)]
#[path = "comments_tests.rs"]
mod tests;
