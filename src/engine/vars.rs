//! What a function's variables hold at one point. Points share what does not differ between them.

use std::ops::Index;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::effect::Value;

/// What a variable holds, if anything.
pub(crate) type Slot = Option<Arc<Value>>;

/// So many variables are shared or copied together. Long functions have thousands of variables and hundreds of branches, each of which
/// changes a few.
const GROUP: usize = 16;

/// Variables by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars {
    groups: SmallVec<[Arc<[Slot; GROUP]>; 4]>,
    len: usize,
}

impl Vars {
    /// So many variables that hold nothing yet.
    pub(crate) fn new(len: usize) -> Self {
        let empty = Arc::new([const { None }; GROUP]);
        Self { groups: (0..len.div_ceil(GROUP)).map(|_| empty.clone()).collect(), len }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, n: usize) -> Option<&Slot> {
        (n < self.len).then(|| &self[n])
    }

    pub(crate) fn get_mut(&mut self, n: usize) -> Option<&mut Slot> {
        (n < self.len).then(|| &mut Arc::make_mut(&mut self.groups[n / GROUP])[n % GROUP])
    }

    /// Takes away what a variable holds.
    pub(crate) fn take(&mut self, n: usize) -> Slot {
        self.get(n)?.as_ref()?;
        self.get_mut(n)?.take()
    }

    /// What each holds, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.groups.iter().flat_map(|g| g.iter()).take(self.len)
    }

    /// The values that are held.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.groups.iter().flat_map(|g| g.iter()).flatten()
    }

    /// Changes the values that satisfy a test.
    pub(crate) fn change(&mut self, which: impl Fn(&Value) -> bool, mut how: impl FnMut(&mut Arc<Value>)) {
        for group in &mut self.groups {
            if group.iter().flatten().any(|v| which(v)) {
                Arc::make_mut(group).iter_mut().flatten().filter(|v| which(v)).for_each(&mut how);
            }
        }
    }

    /// What the two hold in variables that may differ, in order.
    pub(crate) fn beside<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Slot, &'a Slot)> {
        let apart = self.groups.iter().zip(&other.groups).filter(|(a, b)| !Arc::ptr_eq(a, b));
        apart.flat_map(|(a, b)| a.iter().zip(b.iter()))
    }

    /// Whether a variable is known to hold the same in both.
    pub(crate) fn share(&self, other: &Self, n: usize) -> bool {
        Arc::ptr_eq(&self.groups[n / GROUP], &other.groups[n / GROUP])
    }

    /// What is held where two ways meet. Where only one way has a value, it is that.
    pub(crate) fn join(&mut self, other: &Self, both: impl Fn(&Value, &Value) -> Value) {
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            if Arc::ptr_eq(mine, theirs) {
                continue;
            }
            for (a, b) in Arc::make_mut(mine).iter_mut().zip(theirs.iter()) {
                match (&*a, b) {
                    (_, None) => {}
                    (None, Some(b)) => *a = Some(b.clone()),
                    (Some(x), Some(y)) => {
                        if !Arc::ptr_eq(x, y) && **x != **y {
                            *a = Some(Arc::new(both(x, y)));
                        }
                    }
                }
            }
        }
    }
}

impl Index<usize> for Vars {
    type Output = Slot;
    fn index(&self, n: usize) -> &Slot {
        &self.groups[n / GROUP][n % GROUP]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{GROUP, Vars};
    use crate::effect::{Term, Value};

    fn held(vars: &Vars, n: usize) -> Option<Term> {
        vars[n].as_ref().map(|v| v.term)
    }

    #[test]
    fn a_copy_does_not_see_what_changes_later() {
        let mut vars = Vars::new(GROUP + 3);
        let before = vars.clone();
        *vars.get_mut(GROUP + 2).expect("it is one of them") = Some(Arc::new(Value::of(Term::Param(1))));
        assert_eq!(held(&before, GROUP + 2), None);
        assert_eq!(held(&vars, GROUP + 2), Some(Term::Param(1)));
        assert!(vars.share(&before, 0) && !vars.share(&before, GROUP));
        assert!(vars.get_mut(GROUP + 3).is_none() && vars.get(GROUP + 3).is_none());
        assert_eq!(vars.iter().count(), GROUP + 3);
    }

    #[test]
    fn two_ways_meet() {
        let holding = |n: usize, p: u16| {
            let mut vars = Vars::new(2 * GROUP);
            *vars.get_mut(n).expect("it is one of them") = Some(Arc::new(Value::of(Term::Param(p))));
            vars
        };
        let (mut mine, theirs) = (holding(0, 1), holding(0, 2));
        mine.join(&holding(GROUP, 3), |a, _| a.clone());
        mine.join(&theirs, |_, b| b.clone());
        assert_eq!((held(&mine, 0), held(&mine, GROUP), held(&mine, 1)), (Some(Term::Param(2)), Some(Term::Param(3)), None));
        mine.change(|v| v.term == Term::Param(3), |v| Arc::make_mut(v).term = Term::Param(4));
        assert_eq!(mine.values().map(|v| v.term).collect::<Vec<_>>(), [Term::Param(2), Term::Param(4)]);
    }
}
