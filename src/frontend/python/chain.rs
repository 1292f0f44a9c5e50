//! Names with what follows them: `a.b(c)[d].e`, walked from the root without recursion, and the places that can be assigned.

use ruff_python_ast::{ArgOrKeyword, Arguments, Expr, ExprCall, Identifier};
use ruff_text_size::{Ranged, TextRange};

use super::build::{Lowerer, span};
use super::scope::{Meaning, dotted};
use crate::ir::{Arg, Call, Callee, Key, Op, Value, Var};
use crate::source::Sym;

/// A dotted path longer than this goes on as fields of a value: no name is that long.
const MAX_PATH: usize = 500;

/// Where an assignment puts its value.
pub(super) enum Place {
    Name(Meaning),
    Field(Var, Sym),
    Item(Var, Key),
    /// Not a target (only in files with syntax errors).
    Nowhere,
}

/// One link of a chain.
enum Link<'e> {
    Attr(&'e Identifier, TextRange),
    Call(&'e ExprCall),
    Item(&'e Expr, TextRange),
}

/// What the chain amounts to so far.
enum Head {
    /// A dotted path that is still growing.
    Path(String),
    Value(Value),
}

impl Head {
    fn is_super(&self) -> bool {
        matches!(self, Self::Path(p) if p == "super")
    }
}

/// The root of a chain and its links in order of evaluation.
fn links(e: &Expr) -> (&Expr, Vec<Link<'_>>) {
    let mut links = Vec::new();
    let mut at = e;
    loop {
        at = match at {
            Expr::Attribute(a) => {
                links.push(Link::Attr(&a.attr, a.range));
                &a.value
            }
            Expr::Call(c) => {
                links.push(Link::Call(c));
                &c.func
            }
            Expr::Subscript(s) => {
                links.push(Link::Item(&s.slice, s.range));
                &s.value
            }
            root => {
                links.reverse();
                return (root, links);
            }
        };
    }
}

impl Lowerer<'_> {
    /// The value of a name, attribute, call or subscript.
    pub(super) fn chain(&mut self, e: &Expr) -> Value {
        let (root, links) = links(e);
        match self.follow(root, &links) {
            Head::Path(p) => Value::Name(Sym::new(&p)),
            Head::Value(v) => v,
        }
    }

    fn follow(&mut self, root: &Expr, links: &[Link<'_>]) -> Head {
        let mut at = root.range();
        let mut next = 0;
        let mut head = match (super::format::template(root), links) {
            (Some(template), [Link::Attr(attr, _), Link::Call(call), ..]) if attr.as_str() == "format" => {
                (next, at) = (2, call.range());
                Head::Value(self.format_call(template, &call.arguments, call.range()))
            }
            _ => self.root(root),
        };
        while let Some(link) = links.get(next) {
            next += 1;
            head = match (link, links.get(next)) {
                (Link::Attr(attr, _), Some(Link::Call(call))) => {
                    next += 1;
                    let callee = self.callee(head, at, Some(attr));
                    at = call.range();
                    Head::Value(Value::Var(self.call(callee, call)))
                }
                (Link::Attr(attr, range), _) => {
                    let before = std::mem::replace(&mut at, *range);
                    self.attribute(head, before, attr)
                }
                // `super().x` is a path; a bare `super()` is a call like any other.
                (Link::Call(call), Some(Link::Attr(..))) if head.is_super() => {
                    at = call.range();
                    head
                }
                (Link::Call(call), _) => {
                    let callee = self.callee(head, at, None);
                    at = call.range();
                    Head::Value(Value::Var(self.call(callee, call)))
                }
                (Link::Item(slice, range), _) => {
                    let base = self.head_var(head, at);
                    at = *range;
                    Head::Value(self.item(base, slice))
                }
            };
        }
        head
    }

    fn root(&mut self, root: &Expr) -> Head {
        match root {
            Expr::Name(n) => match self.meaning(Sym::new(&n.id)) {
                Meaning::Var(v) => Head::Value(Value::Var(v)),
                Meaning::Path(p) => Head::Path(p.as_str().to_owned()),
            },
            _ => Head::Value(self.value(root)),
        }
    }

    fn head_var(&mut self, head: Head, range: TextRange) -> Var {
        match head {
            Head::Path(p) => self.bind(Value::Name(Sym::new(&p)), range),
            Head::Value(v) => self.bind(v, range),
        }
    }

    fn attribute(&mut self, head: Head, before: TextRange, attr: &Identifier) -> Head {
        match head {
            Head::Path(mut p) if p.len() <= MAX_PATH => {
                p.push('.');
                p.push_str(attr.as_str());
                Head::Path(p)
            }
            head => {
                let base = self.head_var(head, before);
                Head::Value(Value::Field(base, Sym::new(attr.as_str())))
            }
        }
    }

    fn callee(&mut self, head: Head, range: TextRange, method: Option<&Identifier>) -> Callee {
        match (head, method) {
            (Head::Path(p), Some(name)) => Callee::Path(dotted(Sym::new(&p), name.as_str())),
            (Head::Path(p), None) => Callee::Path(Sym::new(&p)),
            (Head::Value(v), Some(name)) => Callee::Method { recv: self.bind(v, range), name: Sym::new(name.as_str()) },
            (Head::Value(v), None) => Callee::Var(self.bind(v, range)),
        }
    }

    fn call(&mut self, callee: Callee, call: &ExprCall) -> Var {
        let args = self.arguments(&call.arguments);
        let dst = self.temp();
        self.emit(Op::Call(Box::new(Call { dst, callee, args, result_type: None, span: span(call.range()) })));
        dst
    }

    /// Arguments in order of evaluation.
    pub(super) fn arguments(&mut self, arguments: &Arguments) -> Vec<Arg> {
        let mut args = Vec::with_capacity(arguments.args.len() + arguments.keywords.len());
        for arg in arguments.iter_source_order() {
            let name = match arg {
                ArgOrKeyword::Arg(Expr::Starred(_)) => Some("*"),
                ArgOrKeyword::Arg(_) => None,
                ArgOrKeyword::Keyword(k) => Some(k.arg.as_ref().map_or("**", |n| n.as_str())),
            };
            args.push(Arg { name: name.map(Sym::new), var: self.expr(arg.value()), lent: false });
        }
        args
    }

    fn item(&mut self, base: Var, slice: &Expr) -> Value {
        if let Expr::Slice(s) = slice {
            let bounds = [&s.lower, &s.upper, &s.step].into_iter().flatten();
            let mut parts = vec![base];
            parts.extend(bounds.map(|b| self.expr(b)));
            return Value::Derived(parts);
        }
        Value::Item(base, self.key(slice))
    }

    /// What is between the brackets.
    pub(super) fn key(&mut self, slice: &Expr) -> Key {
        match self.constant_key(slice) {
            Some(text) => Key::Const(text),
            None => Key::Var(self.expr(slice)),
        }
    }

    fn constant_key(&mut self, slice: &Expr) -> Option<Sym> {
        match (slice, self.constant(slice)) {
            (Expr::Name(_) | Expr::Attribute(_), _) => None,
            (_, Value::Str(text)) => Some(text),
            (_, Value::Int(n)) => Some(Sym::new(&n.to_string())),
            _ => None,
        }
    }

    /// Evaluates what stands before the last link of an assignment target.
    pub(super) fn place(&mut self, target: &Expr) -> Place {
        if let Expr::Name(n) = target {
            return Place::Name(self.meaning(Sym::new(&n.id)));
        }
        let (root, mut links) = links(target);
        let Some(last) = links.pop() else { return Place::Nowhere };
        let head = self.follow(root, &links);
        match (last, head) {
            (Link::Attr(attr, _), Head::Path(p)) => Place::Name(Meaning::Path(dotted(Sym::new(&p), attr.as_str()))),
            (Link::Attr(attr, _), head) => Place::Field(self.head_var(head, target.range()), Sym::new(attr.as_str())),
            (Link::Item(slice, _), head) => {
                let base = self.head_var(head, target.range());
                Place::Item(base, self.key(slice))
            }
            (Link::Call(_), _) => Place::Nowhere,
        }
    }
}
