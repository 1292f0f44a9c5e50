//! What a flag tells of the way that was taken: where branches flow together, a variable that is true at the end of some and false at the end
//! of others says which data the other variables can carry. Knows values, not ops.

use std::sync::Arc;

use smallvec::SmallVec;

use super::domain::{State, is_nothing};
use super::vars::{Slot, Vars};
use crate::effect::{Dep, Deps, Term, Value};
use crate::ir::Var;

/// So many of each are remembered at a time.
const MAX: usize = 6;

/// What is true as long as the variables keep the values that they had where the branches met.
#[derive(Debug)]
pub(crate) struct Case {
    flag: usize,
    held: Arc<Value>,
    truth: bool,
    /// Variables, what they held, and the data that they do not carry if the flag has that truth.
    others: Vec<(usize, Arc<Value>, Deps)>,
}

/// What is remembered at one point.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cases {
    cases: SmallVec<[Arc<Case>; 2]>,
    /// Variables that have turned out to be true or false, and what they held.
    truths: SmallVec<[(usize, Arc<Value>, bool); 2]>,
}

impl Cases {
    /// Keeps what the other way remembers too.
    pub(crate) fn keep_common(&mut self, other: &Self) {
        self.cases.retain(|case| other.cases.iter().any(|c| Arc::ptr_eq(case, c)));
        self.truths.retain(|(v, held, truth)| other.truths.iter().any(|(w, h, t)| v == w && truth == t && Arc::ptr_eq(held, h)));
    }
}

/// What is known at the end of one branch.
pub(crate) struct End {
    vars: Vars,
    known: Cases,
}

impl End {
    /// Adds the end of a branch to those of others, if it is reached.
    pub(crate) fn add(ends: &mut Vec<Self>, state: &State) {
        if !state.dead {
            ends.push(Self { vars: state.vars.clone(), known: state.cases.clone() });
        }
    }

    fn truth_of(&self, v: usize) -> Option<bool> {
        let value = self.vars[v].as_ref()?;
        let tested = || self.known.truths.iter().find(|(w, held, _)| *w == v && Arc::ptr_eq(held, value)).map(|(_, _, truth)| *truth);
        truth_of(value).or_else(tested)
    }

    /// Whether a variable carries that data here, if the flag has that truth.
    fn carries(&self, v: usize, data: &Dep, flag: usize, truth: bool) -> bool {
        let apart = |c: &Case| {
            let holds = |v: usize, held: &Arc<Value>| self.vars[v].as_ref().is_some_and(|x| Arc::ptr_eq(x, held));
            c.flag == flag
                && c.truth == truth
                && holds(flag, &c.held)
                && c.others.iter().any(|(o, held, gone)| *o == v && holds(v, held) && gone.contains(data))
        };
        self.vars[v].as_ref().is_some_and(|x| x.deps.contains(data)) && !self.known.cases.iter().any(|c| apart(c))
    }
}

impl State {
    /// Branches that ended like these have flowed together into this state.
    pub(crate) fn tell_apart(&mut self, ends: &[End]) {
        if ends.len() < 2 {
            return;
        }
        let differs = |v: &usize| ends.iter().any(|e| !e.vars.share(&ends[0].vars, *v) && !same(&e.vars[*v], &ends[0].vars[*v]));
        let changed: SmallVec<[usize; 8]> = (0..self.vars.len()).filter(differs).collect();
        let carrying = |v: &&usize| self.vars[**v].as_ref().is_some_and(|x| x.deps.events().next().is_some());
        let carrying: SmallVec<[usize; 4]> = changed.iter().filter(carrying).copied().collect();
        if carrying.is_empty() {
            return;
        }
        for flag in changed {
            for truth in [true, false] {
                let fitting: SmallVec<[&End; 4]> = ends.iter().filter(|e| e.truth_of(flag) != Some(!truth)).collect();
                if fitting.is_empty() || fitting.len() == ends.len() && ends.iter().all(|e| e.known.cases.is_empty()) {
                    continue;
                }
                let carried = |v: usize, d: &Dep| fitting.iter().any(|e| e.carries(v, d, flag, truth));
                let others: Vec<_> = carrying.iter().filter(|v| **v != flag).filter_map(|v| self.not_carried(*v, carried)).collect();
                if let (Some(held), false) = (&self.vars[flag], others.is_empty()) {
                    remember(&mut self.cases.cases, Arc::new(Case { flag, held: held.clone(), truth, others }));
                }
            }
        }
    }

    /// The data of a variable that no branch that fits has put there.
    fn not_carried(&self, v: usize, carried: impl Fn(usize, &Dep) -> bool) -> Option<(usize, Arc<Value>, Deps)> {
        let held = self.vars[v].as_ref()?;
        let mut gone = held.deps.clone();
        gone.retain(|d| matches!(d, Dep::Event(_)) && !carried(v, d));
        (!gone.is_empty()).then(|| (v, held.clone(), gone))
    }

    /// A variable has turned out to be true or false.
    pub(crate) fn learn_case(&mut self, flag: Var, truth: bool) {
        let flag = flag.0 as usize;
        let Some(value) = self.vars.get(flag).cloned().flatten() else { return };
        for case in self.cases.cases.clone() {
            if case.flag != flag || case.truth != truth || !Arc::ptr_eq(&value, &case.held) {
                continue;
            }
            for (v, held, gone) in &case.others {
                if self.holds(*v, held) {
                    let mut value = (**held).clone();
                    value.deps.retain(|d| !gone.contains(d));
                    if let Some(slot) = self.vars.get_mut(*v) {
                        *slot = Some(Arc::new(value));
                    }
                }
            }
        }
        remember(&mut self.cases.truths, (flag, value, truth));
    }

    fn holds(&self, v: usize, value: &Arc<Value>) -> bool {
        self.vars[v].as_ref().is_some_and(|x| Arc::ptr_eq(x, value))
    }
}

/// The oldest gives way.
fn remember<T>(list: &mut SmallVec<[T; 2]>, new: T) {
    if list.len() == MAX {
        list.remove(0);
    }
    list.push(new);
}

fn same(a: &Slot, b: &Slot) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Whether a value is true, where that is known.
pub(super) fn truth_of(v: &Value) -> Option<bool> {
    match &v.term {
        Term::Const(s) if s.as_str() == "true" => Some(true),
        Term::Const(s) if matches!(s.as_str(), "false" | "") => Some(false),
        _ if is_nothing(v) => Some(false),
        _ => None,
    }
}
