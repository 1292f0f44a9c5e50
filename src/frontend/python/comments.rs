//! Comments of a Python file and the statements that they stand above, from ruff's tokens.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged as _;

use super::{SHALLOW, measured};
use crate::source::{Comment, Placement, Span};

/// A token's kind and bytes.
type Token = (TokenKind, std::ops::Range<usize>);

/// All comments, in order; none for a text that nests more deeply than anybody writes, since its tree could not be dropped safely.
#[must_use]
pub fn comments(text: &str) -> Vec<Comment> {
    if measured(text).total() > SHALLOW {
        return Vec::new();
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let tokens: Vec<Token> = parsed.tokens().iter().map(|t| (t.kind(), t.range().start().to_usize()..t.range().end().to_usize())).collect();
    let found = tokens.iter().enumerate().filter(|(_, (kind, _))| *kind == TokenKind::Comment);
    found.map(|(index, (_, range))| comment(text, &tokens, index, range.clone())).collect()
}

fn comment(text: &str, tokens: &[Token], index: usize, range: std::ops::Range<usize>) -> Comment {
    let line = text[..range.start].rfind('\n').map_or(0, |n| n + 1);
    let placement = if !text[line..range.start].trim().is_empty() {
        Placement::Trailing
    } else if at_head(text, tokens, index) {
        Placement::Head
    } else {
        statement(tokens, index).map_or(Placement::Nothing, Placement::Above)
    };
    let words = text[range.clone()].trim_start_matches('#').trim().to_owned();
    Comment { span: Span::new(range.start, range.end), text: words, placement }
}

/// Whether only comments and the docstring stand before a comment, and a blank line or the docstring parts it from the code.
fn at_head(text: &str, tokens: &[Token], index: usize) -> bool {
    let quiet = |kind: TokenKind| is_blank(kind) || matches!(kind, TokenKind::String | TokenKind::Newline);
    if !tokens[..index].iter().all(|(kind, _)| quiet(*kind)) {
        return false;
    }
    let mut end = tokens[index].1.end;
    for (kind, range) in &tokens[index + 1..] {
        if text[end..range.start].matches('\n').count() > 1
            || *kind == TokenKind::NonLogicalNewline && text[end..range.start].contains('\n')
        {
            return true;
        }
        match kind {
            TokenKind::NonLogicalNewline => {}
            TokenKind::Comment => end = range.end,
            _ => return matches!(kind, TokenKind::String | TokenKind::EndOfFile),
        }
    }
    true
}

/// The statement that follows, with its block, its decorators' function, and its `else`, `except` and `finally`.
fn statement(tokens: &[Token], comment: usize) -> Option<Span> {
    let first = (comment + 1..tokens.len()).find(|i| !is_blank(tokens[*i].0) && !is_layout(tokens[*i].0))?;
    if tokens[first].0 == TokenKind::EndOfFile {
        return None;
    }
    let (mut at, mut end) = (first, tokens[first].1.end);
    loop {
        let head = tokens[at].0;
        // The logical line.
        while at < tokens.len() && !matches!(tokens[at].0, TokenKind::Newline | TokenKind::EndOfFile) {
            end = tokens[at].1.end;
            at += 1;
        }
        // Its block.
        let mut depth = 0_usize;
        let mut next = skip_blank(tokens, at + 1);
        while next < tokens.len() && (depth > 0 || tokens[next].0 == TokenKind::Indent) {
            match tokens[next].0 {
                TokenKind::Indent => depth += 1,
                TokenKind::Dedent => depth -= 1,
                TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Comment => {}
                _ => end = tokens[next].1.end,
            }
            next += 1;
        }
        let next = skip_blank(tokens, next);
        let goes_on = head == TokenKind::At || tokens.get(next).is_some_and(|t| continues(t.0));
        if !goes_on || next >= tokens.len() {
            return Some(Span::new(tokens[first].1.start, end));
        }
        at = next;
    }
}

fn skip_blank(tokens: &[Token], from: usize) -> usize {
    (from..tokens.len()).find(|i| !is_blank(tokens[*i].0)).unwrap_or(tokens.len())
}

/// Whether a line that starts so belongs to the statement before it.
fn continues(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Else | TokenKind::Elif | TokenKind::Except | TokenKind::Finally)
}

fn is_blank(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline)
}

fn is_layout(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Indent | TokenKind::Dedent | TokenKind::Newline)
}

#[cfg(test)]
mod tests {
    use super::comments;
    use crate::source::Placement;

    fn placed(text: &str) -> Vec<(String, String)> {
        let show = |p| match p {
            Placement::Above(s) => text[s.start as usize..s.end as usize].to_owned(),
            other => format!("{other:?}"),
        };
        comments(text).into_iter().map(|c| (c.text, show(c.placement))).collect()
    }

    fn one(text: &str) -> String {
        placed(text).remove(0).1
    }

    #[test]
    fn comments_stand_behind_above_or_at_the_head() {
        assert_eq!(
            placed("x = 1  # a\n# b\ny = (1,\n  2)\nz = 3\n"),
            [("a".into(), "Trailing".into()), ("b".into(), "y = (1,\n  2)".into())]
        );
        assert_eq!(one("#!/usr/bin/env python\n# a\n\nimport os\n"), "Head");
        assert_eq!(one("# a\n\"\"\"Doc.\"\"\"\nimport os\n"), "Head");
        assert_eq!(placed("\"\"\"Doc.\"\"\"\n# a\n\nimport os\n")[0].1, "Head");
        assert_eq!(one("# a\nimport os\n"), "import os");
        assert_eq!(placed("x = 1\n# a\n")[0].1, "Nothing");
    }

    #[test]
    fn a_definition_is_taken_whole() {
        let def = "@d(1)\n@e\ndef f():\n    with x:\n        y()\n    return 1";
        assert_eq!(one(&format!("import os\n# a\n{def}\n\nz = 1\n")), def);
        let tried = "try:\n    a()\nexcept E:\n    b()\nfinally:\n    c()";
        assert_eq!(one(&format!("import os\nif x:\n    pass\n# a\n{tried}\nz = 1\n")), tried);
        assert_eq!(one("def f():\n    # a\n    x()\n    y()\n"), "x()");
    }

    #[test]
    fn strings_are_no_comments() {
        assert_eq!(placed("x = '# a'\ny = f\"{z} # b\"\n\"\"\"\n# c\n\"\"\"\n"), []);
    }

    #[test]
    fn line_ends_of_other_systems_and_broken_code_do_no_harm() {
        assert_eq!(one("import os\r\n# a\r\nx()\r\n"), "x()");
        assert_eq!(placed("def f(:\n    # a\n    x(\n").len(), 1);
    }
}
