//! Formatted text: f-strings, t-strings, `%` and `.format` on literal templates.

use ruff_python_ast::{Arguments, Expr, ExprFString, ExprTString, FStringPart, InterpolatedStringElement, InterpolatedStringElements};
use ruff_text_size::TextRange;

use super::build::Lowerer;
use super::expr::MAX_TEXT;
use crate::ir::{Arg, Key, Piece, Value, Var};
use crate::source::Sym;

/// The text of a literal template.
pub(super) fn template(e: &Expr) -> Option<&str> {
    match e {
        Expr::StringLiteral(s) => Some(s.value.to_str()),
        _ => None,
    }
}

/// Pieces being put together; neighbouring texts become one.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    text: String,
}

impl Pieces {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn hole(&mut self, var: Var) {
        self.end_text();
        self.done.push(Piece::Var(var));
    }

    /// A text that is too long to be kept is cut.
    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.text.truncate(self.text.floor_char_boundary(MAX_TEXT));
            self.done.push(Piece::Text(Sym::new(&self.text)));
            self.text.clear();
        }
    }

    /// A text without holes is a plain text.
    fn finish(mut self) -> Value {
        self.end_text();
        match &self.done[..] {
            [] => Value::Str(Sym::new("")),
            [Piece::Text(text)] => Value::Str(*text),
            _ => Value::Format(self.done),
        }
    }
}

impl Lowerer<'_> {
    pub(super) fn f_string(&mut self, f: &ExprFString) -> Value {
        let mut pieces = Pieces::default();
        for part in &f.value {
            match part {
                FStringPart::Literal(text) => pieces.text(text),
                FStringPart::FString(f) => self.interpolated(&f.elements, &mut pieces),
            }
        }
        pieces.finish()
    }

    pub(super) fn t_string(&mut self, t: &ExprTString) -> Value {
        let mut pieces = Pieces::default();
        for part in &t.value {
            self.interpolated(&part.elements, &mut pieces);
        }
        pieces.finish()
    }

    fn interpolated(&mut self, elements: &InterpolatedStringElements, pieces: &mut Pieces) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(text) => pieces.text(text),
                InterpolatedStringElement::Interpolation(hole) => {
                    if let Some(shown) = &hole.debug_text {
                        pieces.text(shown.as_str());
                    }
                    match &*hole.expression {
                        Expr::StringLiteral(s) if hole.format_spec.is_none() => pieces.text(s.value.to_str()),
                        e => {
                            let var = self.expr(e);
                            pieces.hole(var);
                        }
                    }
                    if let Some(spec) = &hole.format_spec {
                        // What the width is made of is evaluated, but is not part of the text.
                        self.deeper(spec.range, |l| l.interpolated(&spec.elements, &mut Pieces::default()));
                    }
                }
            }
        }
    }

    /// `"…" % right`.
    pub(super) fn percent(&mut self, template: &str, right: &Expr, range: TextRange) -> Value {
        let holes = percent_holes(template);
        let count = holes.iter().filter(|h| matches!(h, Hole::Next)).count();
        let mut given = Vec::new();
        let mut mapping = Vec::new();
        let mut whole = None;
        match right {
            Expr::Tuple(t) => given.extend(t.elts.iter().map(|e| self.expr(e))),
            Expr::Dict(d) => {
                for item in &d.items {
                    let var = self.expr(&item.value);
                    let key = item.key.as_ref().and_then(|k| self::template(k));
                    mapping.extend(key.map(|k| (k.to_owned(), var)));
                }
            }
            _ => whole = Some(self.expr(right)),
        }
        let mut given = given.into_iter();
        let mut pieces = Pieces::default();
        let mut at = 0;
        for hole in holes {
            let value = match hole {
                Hole::Text(text) => {
                    pieces.text(&text);
                    continue;
                }
                Hole::Next => {
                    at += 1;
                    match (given.next(), whole) {
                        (Some(v), _) => Value::Var(v),
                        (None, Some(w)) if count == 1 => Value::Var(w),
                        (None, Some(w)) => Value::Element(w, at - 1),
                        _ => Value::Unknown,
                    }
                }
                Hole::Key(key) => match (mapping.iter().find(|(k, _)| *k == key), whole) {
                    (Some((_, v)), _) => Value::Var(*v),
                    (None, Some(w)) => Value::Item(w, Key::Const(Sym::new(&key))),
                    _ => Value::Unknown,
                },
            };
            let var = self.bind(value, range);
            pieces.hole(var);
        }
        pieces.finish()
    }

    /// `"…".format(…)`.
    pub(super) fn format_call(&mut self, template: &str, arguments: &Arguments, range: TextRange) -> Value {
        let args = self.arguments(arguments);
        let mut pieces = Pieces::default();
        let mut next = 0;
        for hole in brace_holes(template) {
            let field = match hole {
                Hole::Text(text) => {
                    pieces.text(&text);
                    continue;
                }
                Hole::Next => {
                    next += 1;
                    (next - 1).to_string()
                }
                Hole::Key(key) if key.starts_with(['.', '[']) => {
                    next += 1;
                    format!("{}{key}", next - 1)
                }
                Hole::Key(key) => key,
            };
            let var = self.replacement(&field, &args, range);
            pieces.hole(var);
        }
        pieces.finish()
    }

    /// What a replacement field such as `0`, `name`, `0.attr`, `name[key]` stands for.
    fn replacement(&mut self, field: &str, args: &[Arg], range: TextRange) -> Var {
        let end = field.find(['.', '[']).unwrap_or(field.len());
        let (root, mut rest) = field.split_at(end);
        let plain = || args.iter().take_while(|a| a.name.is_none_or(|n| n.as_str() != "*")).filter(|a| a.name.is_none());
        let found = match root.parse::<usize>() {
            Ok(n) => plain().nth(n),
            Err(_) => args.iter().find(|a| a.name.is_some_and(|n| n.as_str() == root)),
        };
        let Some(found) = found else {
            let unpacked = args.iter().filter(|a| a.name.is_some_and(|n| n.as_str().starts_with('*'))).map(|a| a.var).collect::<Vec<_>>();
            let value = if unpacked.is_empty() { Value::Unknown } else { Value::Derived(unpacked) };
            return self.bind(value, range);
        };
        let mut var = found.var;
        while let Some(first) = rest.chars().next() {
            let link = &rest[1..];
            let (name, value): (&str, fn(Var, Sym) -> Value) = if first == '[' {
                (link.split(']').next().unwrap_or(link), |v, key| Value::Item(v, Key::Const(key)))
            } else {
                (&link[..link.find(['.', '[']).unwrap_or(link.len())], Value::Field)
            };
            var = self.bind(value(var, Sym::new(name)), range);
            rest = link[name.len()..].trim_start_matches(']');
        }
        var
    }
}

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Hole {
    Text(String),
    /// The next argument.
    Next,
    /// A named or numbered one.
    Key(String),
}

fn percent_holes(template: &str) -> Vec<Hole> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out.push(Hole::Text(rest[..at].to_owned()));
        rest = &rest[at + 1..];
        let key = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
        if let Some((_, after)) = key {
            rest = after;
        }
        let flags = rest.find(|c: char| !(c.is_ascii_digit() || "#-+ .*hlL".contains(c))).unwrap_or(rest.len());
        let stars = rest[..flags].matches('*').count();
        let conversion = rest[flags..].chars().next();
        rest = &rest[flags + conversion.map_or(0, char::len_utf8)..];
        match (conversion, key) {
            (Some('%'), _) => out.push(Hole::Text("%".to_owned())),
            (None, _) => {}
            (_, Some((key, _))) => out.push(Hole::Key(key.to_owned())),
            (_, None) => out.extend((0..=stars).map(|_| Hole::Next)),
        }
    }
    out.push(Hole::Text(rest.to_owned()));
    out
}

fn brace_holes(template: &str) -> Vec<Hole> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push(Hole::Text(rest[..at].to_owned()));
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push(Hole::Text(brace.to_owned()));
            rest = after;
        } else if brace == "{" {
            let (inside, after) = closing_brace(rest);
            let name = &inside[..inside.find(['!', ':']).unwrap_or(inside.len())];
            out.push(if name.is_empty() { Hole::Next } else { Hole::Key(name.to_owned()) });
            rest = after;
        }
    }
    out.push(Hole::Text(rest.to_owned()));
    out
}

/// What stands before the brace that closes, and what after it. A format spec may have holes of its own.
fn closing_brace(text: &str) -> (&str, &str) {
    let mut depth = 0u32;
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' if depth == 0 => return (&text[..i], &text[i + 1..]),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    (text, "")
}
