//! Terms inside terms, kept for good: one copy of each per process, compared by address.

use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::LocalKey;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::Term;

/// Something of which one copy is kept for good. Copying is free; equality and hashing look at the address, order at what it says.
pub struct Kept<T: 'static>(&'static Node<T>);

struct Node<T> {
    it: T,
    size: usize,
    /// A hash of what it says.
    content: u64,
}

/// What can be kept.
pub trait Keep: Eq + Hash + Sized {
    /// All that is kept of this kind.
    fn table() -> &'static Table<Self>;
    /// What this thread has asked for lately, by hash: a function makes the same few terms over and over.
    fn lately() -> &'static LocalKey<Lately<Self>>;
    /// The number of terms in it, and a hash of what it says.
    fn measured(&self) -> (usize, u64);
}

const SHARDS: usize = 64;

/// A power of two.
const RECENT: usize = 1024;

/// The latest by hash.
pub(super) type Lately<T> = [Cell<Option<Kept<T>>>; RECENT];

/// All that is kept of a kind, in parts that do not wait for one another. What is kept stands beside its hash, so that a table that grows
/// need not look at all that it holds.
pub struct Table<T: 'static>([Mutex<Shard<T>>; SHARDS]);

type Shard<T> = HashTable<(u64, Kept<T>)>;

static TERMS: LazyLock<Table<Term>> = LazyLock::new(Table::new);
static LISTS: LazyLock<Table<Box<[Term]>>> = LazyLock::new(Table::new);

thread_local! {
    static LATEST_TERMS: Lately<Term> = const { [const { Cell::new(None) }; RECENT] };
    static LATEST_LISTS: Lately<Box<[Term]>> = const { [const { Cell::new(None) }; RECENT] };
}

impl Keep for Term {
    fn table() -> &'static Table<Self> {
        &TERMS
    }
    fn lately() -> &'static LocalKey<Lately<Self>> {
        &LATEST_TERMS
    }
    fn measured(&self) -> (usize, u64) {
        (self.size(), self.content_hash())
    }
}

impl Keep for Box<[Term]> {
    fn table() -> &'static Table<Self> {
        &LISTS
    }
    fn lately() -> &'static LocalKey<Lately<Self>> {
        &LATEST_LISTS
    }
    fn measured(&self) -> (usize, u64) {
        (self.iter().map(Term::size).sum(), 0)
    }
}

impl<T> Table<T> {
    fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl<T: Keep> Kept<T> {
    /// The one copy of what says this, made if there is none.
    fn said<Q: Eq + Hash + ?Sized>(says: &Q, of: impl Fn(&T) -> &Q, make: impl FnOnce() -> T) -> Self {
        let hash = FxBuildHasher.hash_one(says);
        T::lately().with(|lately| {
            let slot = &lately[(hash >> 20) as usize % RECENT];
            match slot.get() {
                Some(have) if of(&have) == says => have,
                _ => {
                    let found = Self::shared(hash, |have| of(have) == says, make);
                    slot.set(Some(found));
                    found
                }
            }
        })
    }

    fn shared(hash: u64, is: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> Self {
        // Bits that the shard's own table looks at last.
        let shard = &T::table().0[(hash >> 32) as usize % SHARDS];
        let mut table = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, have)) = table.find(hash, |(h, have)| *h == hash && is(have)) {
            return *have;
        }
        let it = make();
        let (size, content) = it.measured();
        let new = Self(Box::leak(Box::new(Node { it, size, content })));
        table.insert_unique(hash, (hash, new), |(h, _)| *h);
        new
    }

    /// The number of terms in it.
    pub(super) fn size(self) -> usize {
        self.0.size
    }
}

impl Kept<Term> {
    /// The one copy of what says this.
    #[must_use]
    pub fn new(it: Term) -> Self {
        Self::said(&it, |have| have, || it)
    }

    /// What [`Term::content_hash`] says.
    #[must_use]
    pub fn hash_of_content(self) -> u64 {
        self.0.content
    }
}

impl<L: AsRef<[Term]>> From<L> for Kept<Box<[Term]>> {
    fn from(terms: L) -> Self {
        let terms = terms.as_ref();
        Self::said(terms, |have| &**have, || terms.into())
    }
}
impl FromIterator<Term> for Kept<Box<[Term]>> {
    fn from_iter<I: IntoIterator<Item = Term>>(terms: I) -> Self {
        terms.into_iter().collect::<SmallVec<[Term; 8]>>().into()
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Kept<T> {}
impl<T> Deref for Kept<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0.it
    }
}
impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl<T> Eq for Kept<T> {}
impl<T> Hash for Kept<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}
impl<T: Ord> PartialOrd for Kept<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T: Ord> Ord for Kept<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.0.it.cmp(&other.0.it) }
    }
}
impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.it.fmt(f)
    }
}
