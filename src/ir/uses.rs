//! Where a variable is used: what happens to a value after it was computed.

use super::{Block, Call, Callee, Key, Op, Piece, Scope, Value, Var, each_op};

/// One use of a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Use<'a> {
    /// A branch depends on it.
    Test,
    /// It gets another name.
    Copy(Var),
    /// A method is called on it.
    Receiver(&'a Call),
    /// Anything else but its end.
    Other,
}

/// The uses of a variable in a block and all blocks inside. Functions made there are not looked into.
#[must_use]
pub fn uses(block: &Block, var: Var) -> Vec<Use<'_>> {
    let mut out = Vec::new();
    each_op(block, &mut |op| match op {
        Op::Let { value: Value::Var(v) | Value::Behind(v), dst, .. } if *v == var => out.push(Use::Copy(*dst)),
        Op::Let { value, .. } => out.extend(names(value, var).then_some(Use::Other)),
        Op::Call(c) => of_call(c, var, &mut out),
        Op::Branch { arms, .. } => out.extend(arms.iter().flat_map(|a| &a.tests).filter(|t| t.var == var).map(|_| Use::Test)),
        Op::Scope { kind: Scope::With { item, .. }, .. } => out.extend((*item == var).then_some(Use::Other)),
        Op::Store { base, value, .. } => out.extend([base, value].contains(&&var).then_some(Use::Other)),
        Op::StoreItem { base, key, value, .. } => {
            let keyed = *key == Key::Var(var);
            out.extend((keyed || [base, value].contains(&&var)).then_some(Use::Other));
        }
        Op::StoreName { value, .. } | Op::Await { value, .. } => out.extend((*value == var).then_some(Use::Other)),
        Op::Return { value, .. } | Op::Yield { value, .. } | Op::Raise { value, .. } => {
            out.extend((*value == Some(var)).then_some(Use::Other));
        }
        Op::Loop { .. } | Op::Scope { .. } | Op::Drop { .. } | Op::Break(_) | Op::Continue(_) => {}
    });
    out
}

fn of_call<'a>(c: &'a Call, var: Var, out: &mut Vec<Use<'a>>) {
    match &c.callee {
        Callee::Method { recv, .. } if *recv == var => out.push(Use::Receiver(c)),
        Callee::Var(v) if *v == var => out.push(Use::Other),
        _ => {}
    }
    out.extend(c.args.iter().any(|a| a.var == var).then_some(Use::Other));
}

/// Whether a right-hand side names a variable.
fn names(value: &Value, var: Var) -> bool {
    match value {
        Value::Var(v) | Value::Behind(v) | Value::Field(v, _) | Value::Element(v, _) | Value::Each(v) => *v == var,
        Value::Payload(p) => p.of == var,
        Value::Item(v, key) => *v == var || *key == Key::Var(var),
        Value::Format(pieces) => pieces.contains(&Piece::Var(var)),
        Value::Operator(_, vs) | Value::Collection(vs) | Value::Tuple(vs) | Value::Either(vs) | Value::Derived(vs) => vs.contains(&var),
        Value::Struct(s) => s.base == Some(var) || s.fields.iter().any(|(_, v)| *v == var),
        Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None | Value::Name(_) | Value::Function(_) | Value::Unknown => false,
    }
}
