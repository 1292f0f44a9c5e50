//! Conditions: what must be true of a function's parameters for an event to happen. At a call that gives something else, it does not.

use std::sync::Arc;

use smallvec::SmallVec;

use super::cases::truth_of;
use super::domain::is_nothing;
use super::frame::Frame;
use super::subst::Subst;
use crate::effect::{Condition, Event, EventKind, Term, Value};
use crate::ir::{Op, Scope, Test, Var, each_op};

/// So many conditions of one place are kept.
const MAX: usize = 4;

impl Condition {
    /// Whether it does not hold for a value. What may be nothing beside what it shows is not known to be false: only a literal is true.
    pub(super) fn fails_for(&self, v: &Value) -> bool {
        match self.truth {
            true => is_nothing(v) || self.itself && truth_of(v) == Some(false),
            false => truth_of(v) == Some(true),
        }
    }

    /// Whether it does not hold for what a caller gives, as far as a read goes: what would be read if nothing were given is not read for who
    /// gives what it has read or made.
    pub(super) fn is_instead_of(&self, v: &Value) -> bool {
        let made = !self.itself && matches!(v.term, Term::New(_));
        !self.truth && (made || v.deps.events().next().is_some())
    }
}

impl Frame<'_, '_> {
    /// A variable was tested: if it is what a caller gave, what follows depends on that.
    pub(super) fn learn_condition(&mut self, t: &Test) {
        let c = match self.given(t.var) {
            Some(on) => Condition { on, truth: t.truth, itself: t.itself },
            None => match self.asked_of(t.var).filter(|_| t.truth) {
                Some(on) => Condition { on, truth: true, itself: false },
                None => return,
            },
        };
        if self.state.when.len() < MAX && !self.state.when.contains(&c) {
            self.state.when.push(c);
        }
    }

    /// The parameter or capture whose value a variable is, and that on every way here.
    fn given(&mut self, v: Var) -> Option<Term> {
        let known = self.state.vars.get(v.0 as usize)?.as_ref()?;
        let on = known.term;
        if !matches!(on, Term::Param(_)) || known.kind.is_some() {
            return None;
        }
        let still = self.entered.get(v.0 as usize).and_then(Option::as_ref).is_some_and(|e| Arc::ptr_eq(e, known));
        (still || self.unchanged().contains(&v)).then_some(on)
    }

    /// The parameter of which a variable tells whether there is something.
    fn asked_of(&mut self, v: Var) -> Option<Term> {
        let on = match self.state.vars.get(v.0 as usize)?.as_ref()?.term {
            Term::Call(f, of) if f.as_str() == "$whether" => of[0],
            _ => return None,
        };
        self.unchanged().to_vec().into_iter().find_map(|v| self.given(v).filter(|given| *given == on))
    }

    /// The variables of parameters and captures that keep what was given.
    fn unchanged(&mut self) -> &[Var] {
        let ir = self.ir;
        self.unchanged.get_or_insert_with(|| {
            let mut given: Vec<Var> = ir.params.iter().map(|p| p.var).chain(ir.captures.iter().map(|c| c.inner)).collect();
            each_op(&ir.body, &mut |op| given.retain(|v| !assigns(op, *v)));
            given
        })
    }

    /// What must be true here.
    pub(super) fn conditions(&self) -> SmallVec<[Condition; 1]> {
        let mut out: SmallVec<[Condition; 1]> = self.state.when.iter().copied().collect();
        for c in &self.extra_when {
            if out.len() < MAX && !out.contains(c) {
                out.push(*c);
            }
        }
        out
    }

    /// What must be true of this function's parameters for an event of a callee to happen; `None` where it does not happen in this call.
    pub(super) fn conditions_of(&mut self, s: &Subst, e: &Event) -> Option<SmallVec<[Condition; 1]>> {
        let mut out = SmallVec::new();
        for c in &e.when {
            let v = self.subst_value(s, &Value::of(c.on));
            if e.kind == EventKind::Read && c.is_instead_of(&v) || c.fails_for(&v) {
                return None;
            }
            // A variable that may be nothing or what a caller gave looks like what was given: only what is true of it is true of that.
            if c.truth && v.kind.is_none() && matches!(v.term, Term::Param(_)) {
                out.push(Condition { on: v.term, ..*c });
            }
        }
        Some(out)
    }
}

/// Whether an operation gives a variable a value.
fn assigns(op: &Op, v: Var) -> bool {
    match op {
        Op::Let { dst, .. } | Op::Yield { dst, .. } | Op::Await { dst, .. } => *dst == v,
        Op::Call(c) => c.dst == v,
        Op::Scope { kind: Scope::With { target, .. }, .. } => *target == Some(v),
        Op::Scope { kind: Scope::Try(t), .. } => t.handlers.iter().any(|h| h.name == Some(v)),
        _ => false,
    }
}
