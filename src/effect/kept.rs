//! Terms inside terms, kept for good: one copy of each per process, compared by address.

use std::borrow::Borrow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::LocalKey;

use rustc_hash::FxBuildHasher;

use super::Term;

/// Something of which one copy is kept for good. Copying is free; equality and hashing look at the address, order at what it says.
pub struct Kept<T: 'static>(&'static Node<T>);

struct Node<T> {
    it: T,
    size: usize,
    hash: u64,
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

/// All that is kept of a kind, in parts that do not wait for one another.
pub struct Table<T: 'static>([Mutex<HashSet<Entry<T>, FxBuildHasher>>; SHARDS]);

/// A kept thing that is found by what it says.
struct Entry<T: 'static>(Kept<T>);

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
    /// The one copy of what says this.
    #[must_use]
    pub fn new(it: T) -> Self {
        let hash = FxBuildHasher.hash_one(&it);
        T::lately().with(|lately| {
            let slot = &lately[(hash >> 20) as usize % RECENT];
            match slot.get() {
                Some(have) if *have == it => have,
                _ => {
                    let found = Self::shared(it, hash);
                    slot.set(Some(found));
                    found
                }
            }
        })
    }

    fn shared(it: T, hash: u64) -> Self {
        // Bits that the shard's own table looks at last.
        let shard = &T::table().0[(hash >> 32) as usize % SHARDS];
        let mut set = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(have) = set.get(&it) {
            return have.0;
        }
        let (size, hash) = it.measured();
        let new = Self(Box::leak(Box::new(Node { it, size, hash })));
        set.insert(Entry(new));
        new
    }

    /// The number of terms in it.
    pub(super) fn size(self) -> usize {
        self.0.size
    }
}

impl Kept<Term> {
    /// What [`Term::content_hash`] says.
    #[must_use]
    pub fn hash_of_content(self) -> u64 {
        self.0.hash
    }
}

impl<L: Into<Box<[Term]>>> From<L> for Kept<Box<[Term]>> {
    fn from(terms: L) -> Self {
        Self::new(terms.into())
    }
}
impl FromIterator<Term> for Kept<Box<[Term]>> {
    fn from_iter<I: IntoIterator<Item = Term>>(terms: I) -> Self {
        Self::new(terms.into_iter().collect())
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

impl<T: Eq> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.0.it == other.0.0.it
    }
}
impl<T: Eq> Eq for Entry<T> {}
impl<T: Hash> Hash for Entry<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.0.it.hash(state);
    }
}
impl<T> Borrow<T> for Entry<T> {
    fn borrow(&self) -> &T {
        &self.0.0.it
    }
}
