//! Data dependence: what a value was made from.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use super::kept::Kept;
use super::{EventId, Term};

/// One thing that a value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dep {
    /// The data of a read, or the outcome of a check, in the same summary.
    Event(EventId),
    /// The value keeps this acquisition alive: it is its guard, or owns it.
    Guard(EventId),
    /// What a place held when the function was entered: a parameter, a field of one, a global.
    Place(Place),
}

impl Dep {
    /// What a place held when the function was entered.
    #[must_use]
    pub fn place(term: Term) -> Self {
        Self::Place(Place::new(term))
    }
}

/// A place with a hash of what its term says. Places are compared by that hash alone: 64 bits are enough for the few places of one
/// function, and sets of places are what the analysis handles most.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    hash: u64,
    term: Kept<Term>,
}

impl Place {
    /// The place that a term names.
    #[must_use]
    pub fn new(term: Term) -> Self {
        let term = Kept::new(term);
        Self { hash: term.hash_of_content(), term }
    }

    /// The term.
    #[must_use]
    pub fn term(&self) -> &Term {
        &self.term
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}
impl Eq for Place {}
impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.hash.cmp(&other.hash)
    }
}
impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A bounded set of dependences, sorted. Copies share it.
#[derive(Clone, Debug, Default)]
pub struct Deps(Set);

#[derive(Clone, Debug, Default)]
enum Set {
    #[default]
    Empty,
    One(Dep),
    Many(Arc<[Dep]>),
}

/// Past this many a set takes no more.
pub(super) const MAX_DEPS: usize = 32;

/// A set while it is put together.
type Building = SmallVec<[Dep; MAX_DEPS]>;

impl Deps {
    /// The empty set.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A set of one.
    #[must_use]
    pub fn one(dep: Dep) -> Self {
        Self(Set::One(dep))
    }

    /// Of what is sorted.
    fn of(sorted: &[Dep]) -> Self {
        Self(match sorted {
            [] => Set::Empty,
            [only] => Set::One(*only),
            many => Set::Many(many.into()),
        })
    }

    fn as_slice(&self) -> &[Dep] {
        match &self.0 {
            Set::Empty => &[],
            Set::One(dep) => std::slice::from_ref(dep),
            Set::Many(all) => all,
        }
    }

    /// Adds one; says whether it is new.
    pub fn insert(&mut self, dep: Dep) -> bool {
        let known = self.as_slice();
        let Err(at) = known.binary_search(&dep) else { return false };
        if !has_room(known.len(), &dep) {
            return false;
        }
        let mut all = Building::from_slice(known);
        all.insert(at, dep);
        *self = Self::of(&all);
        true
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        let (mine, new) = (self.as_slice(), other.as_slice());
        if new.is_empty() || std::ptr::eq(mine, new) || is_part(new, mine) {
            return;
        }
        if is_part(mine, new) {
            *self = other.clone();
            return;
        }
        let mut all = Building::from_slice(mine);
        let mut from = 0;
        for dep in new {
            from += all[from..].partition_point(|d| d < dep);
            if all.get(from) != Some(dep) && has_room(all.len(), dep) {
                all.insert(from, *dep);
            }
        }
        *self = Self::of(&all);
    }

    /// All of several sets, as if each were added to those before it.
    pub fn all<'a>(sets: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let mut all: SmallVec<[Dep; 2 * MAX_DEPS]> = sets.clone().flat_map(|s| s.as_slice()).copied().collect();
        all.sort_unstable();
        all.dedup();
        if all.len() <= MAX_DEPS { Self::of(&all) } else { sets.fold(Self::none(), |all, s| all.union(s)) }
    }

    /// Whether all of another set can be added, whatever the two have in common.
    #[must_use]
    pub fn has_room_for(&self, other: &Self) -> bool {
        self.as_slice().len() + other.as_slice().len() <= MAX_DEPS
    }

    /// The events and guards, and the places.
    #[must_use]
    pub fn parted(&self) -> (&[Dep], &[Dep]) {
        let all = self.as_slice();
        all.split_at(all.partition_point(|d| !matches!(d, Dep::Place(_))))
    }

    /// Both.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.extend(other);
        self
    }

    /// The dependences, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Dep> {
        self.as_slice().iter()
    }

    /// Keeps those that satisfy `keep`.
    pub fn retain(&mut self, mut keep: impl FnMut(&Dep) -> bool) {
        let all = self.as_slice();
        let kept: Building = all.iter().filter(|d| keep(d)).copied().collect();
        if kept.len() < all.len() {
            *self = Self::of(&kept);
        }
    }

    /// Whether it holds this one.
    #[must_use]
    pub fn contains(&self, dep: &Dep) -> bool {
        self.as_slice().binary_search(dep).is_ok()
    }

    /// Whether it takes no more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.as_slice().len() >= MAX_DEPS
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The events among them.
    pub fn events(&self) -> impl Iterator<Item = EventId> {
        self.iter().filter_map(|d| if let Dep::Event(e) = d { Some(*e) } else { None })
    }

    /// The acquisitions that the value keeps alive.
    pub fn guards(&self) -> impl Iterator<Item = EventId> {
        self.iter().filter_map(|d| if let Dep::Guard(e) = d { Some(*e) } else { None })
    }
}

/// Data may be forgotten past the bound, a lock that is kept may not.
fn has_room(len: usize, dep: &Dep) -> bool {
    len < MAX_DEPS || matches!(dep, Dep::Guard(_))
}

/// Whether all of `some` are among `all`; both are sorted.
fn is_part(some: &[Dep], all: &[Dep]) -> bool {
    let mut all = all.iter();
    some.len() <= all.len() && some.iter().all(|d| all.by_ref().find(|a| *a >= d) == Some(d))
}

impl PartialEq for Deps {
    fn eq(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.as_slice(), other.as_slice());
        std::ptr::eq(mine, theirs) || mine == theirs
    }
}
impl Eq for Deps {}

impl FromIterator<Dep> for Deps {
    fn from_iter<I: IntoIterator<Item = Dep>>(iter: I) -> Self {
        let mut all = Building::new();
        for dep in iter {
            if let Err(at) = all.binary_search(&dep)
                && has_room(all.len(), &dep)
            {
                all.insert(at, dep);
            }
        }
        Self::of(&all)
    }
}
