//! Annotations to type references.

use ruff_python_ast::{Expr, Operator, TypeParam, TypeParams};
use ruff_text_size::Ranged;

use super::build::Lowerer;
use crate::ir::TypeRef;
use crate::source::Sym;

/// A text in an annotation longer than this is no annotation.
const MAX_TEXT: usize = 300;

/// Qualifiers that say something of the variable and nothing of its type.
const QUALIFIERS: [&str; 7] = ["Annotated", "ClassVar", "Final", "InitVar", "NotRequired", "ReadOnly", "Required"];

impl Lowerer<'_> {
    /// The type that an annotation writes.
    pub(super) fn type_ref(&mut self, e: &Expr) -> Option<TypeRef> {
        self.deeper(e.range(), |l| l.type_ref_here(e))?
    }

    fn type_ref_here(&mut self, e: &Expr) -> Option<TypeRef> {
        match e {
            Expr::Name(_) | Expr::Attribute(_) => self.named(Sym::new(&dotted_text(e)?)),
            Expr::NoneLiteral(_) => Some(plain("None")),
            Expr::StringLiteral(s) => self.quoted(s.value.to_str()),
            Expr::Subscript(s) => self.applied(&dotted_text(&s.value)?, &s.slice),
            Expr::BinOp(b) if b.op == Operator::BitOr => {
                let mut members = Vec::new();
                let mut at = e;
                while let Expr::BinOp(b) = at
                    && b.op == Operator::BitOr
                {
                    members.push(&*b.right);
                    at = &b.left;
                }
                members.push(at);
                members.reverse();
                let members = members.into_iter().filter_map(|m| self.type_ref(m)).collect();
                union(members)
            }
            _ => None,
        }
    }

    /// A name: a type parameter stands for its bound.
    fn named(&mut self, path: Sym) -> Option<TypeRef> {
        match path.last() {
            "Final" | "ClassVar" => return None,
            "Self" => return Some(plain("Self")),
            _ => {}
        }
        let parameter = self.type_params.iter().rev().find(|(name, _)| *name == path);
        Some(parameter.and_then(|(_, bound)| bound.clone()).unwrap_or(TypeRef { path, args: Vec::new() }))
    }

    fn quoted(&mut self, text: &str) -> Option<TypeRef> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let parsed = ruff_python_parser::parse_expression(text.trim()).ok()?;
        self.type_ref(parsed.expr())
    }

    fn applied(&mut self, path: &str, slice: &Expr) -> Option<TypeRef> {
        let items = match slice {
            Expr::Tuple(t) => t.elts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let last = path.rsplit('.').next().unwrap_or(path);
        match last {
            _ if QUALIFIERS.contains(&last) => return self.type_ref(items.first()?),
            "Literal" => return Some(plain(path)),
            "Callable" => {
                let result = items.get(1).and_then(|r| self.type_ref(r));
                return Some(TypeRef { path: Sym::new(path), args: result.into_iter().collect() });
            }
            _ => {}
        }
        let args = items.iter().filter_map(|i| self.type_ref(i)).collect();
        match last {
            "Union" => union(args),
            "Optional" => Some(TypeRef { path: Sym::new("Optional"), args }),
            "tuple" | "Tuple" => Some(TypeRef { path: Sym::new("()"), args }),
            _ => Some(TypeRef { path: Sym::new(path), args }),
        }
    }

    /// Brings type parameters into scope until `type_params` is truncated again.
    pub(super) fn open_type_params(&mut self, params: Option<&TypeParams>) {
        for param in params.map_or(&[][..], |p| &p.type_params) {
            let (name, bound) = match param {
                TypeParam::TypeVar(p) => (&p.name, p.bound.as_deref()),
                TypeParam::TypeVarTuple(p) => (&p.name, None),
                TypeParam::ParamSpec(p) => (&p.name, None),
            };
            let bound = bound.and_then(|b| self.type_ref(b));
            self.type_params.push((Sym::new(name.as_str()), bound));
        }
    }
}

fn plain(path: &str) -> TypeRef {
    TypeRef { path: Sym::new(path), args: Vec::new() }
}

/// `X | None` is `Optional[X]`; a union of one is that one.
fn union(members: Vec<TypeRef>) -> Option<TypeRef> {
    let (none, mut rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|m| m.path.as_str() == "None");
    let joined = match rest.len() {
        0 => return none.into_iter().next(),
        1 => rest.remove(0),
        _ => TypeRef { path: Sym::new("Union"), args: rest },
    };
    Some(if none.is_empty() { joined } else { TypeRef { path: Sym::new("Optional"), args: vec![joined] } })
}

/// The dotted text of names and attributes only.
pub(super) fn dotted_text(e: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut at = e;
    while let Expr::Attribute(a) = at {
        parts.push(a.attr.as_str());
        at = &a.value;
    }
    let Expr::Name(root) = at else { return None };
    parts.push(&root.id);
    parts.reverse();
    Some(parts.join("."))
}
