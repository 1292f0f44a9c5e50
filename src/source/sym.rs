//! Interned names: one copy of each text per process, compared by address.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An interned text, one word wide. Copying is free; equality and hashing look at the address, order at the text, so that
/// sorted output never depends on which thread interned first.
#[derive(Clone, Copy)]
pub struct Sym(&'static &'static str);

const SHARDS: usize = 64;
/// Texts beside their hashes, so that a table that grows need not look at all that it holds.
type Shard = Mutex<HashTable<(u64, Sym)>>;
static TABLE: LazyLock<[Shard; SHARDS]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::default()));

/// A power of two.
const RECENT: usize = 8192;

thread_local! {
    /// What this thread interned lately, by hash: a file says the same few names over and over.
    static LATELY: [Cell<Option<Sym>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
}

impl Sym {
    /// The interned copy of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let hash = FxBuildHasher.hash_one(text);
        LATELY.with(|lately| {
            let slot = &lately[hash as usize % RECENT];
            match slot.get() {
                Some(have) if *have.0 == text => have,
                _ => {
                    let found = Self::shared(text, hash);
                    slot.set(Some(found));
                    found
                }
            }
        })
    }

    fn shared(text: &str, hash: u64) -> Self {
        // Bits that the shard's own table looks at last.
        let shard = &TABLE[(hash >> 32) as usize % SHARDS];
        let mut known = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, have)) = known.find(hash, |(h, have)| *h == hash && *have.0 == text) {
            return *have;
        }
        let kept: &'static str = Box::leak(text.into());
        let new = Self(Box::leak(Box::new(kept)));
        known.insert_unique(hash, (hash, new), |(h, _)| *h);
        new
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The last segment of a dotted path.
    #[must_use]
    pub fn last(self) -> &'static str {
        self.0.rsplit('.').next().unwrap_or(self.0)
    }
}

impl Default for Sym {
    fn default() -> Self {
        Self::new("")
    }
}
impl PartialEq for Sym {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Sym {}
impl Hash for Sym {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}
impl PartialOrd for Sym {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Sym {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(other.0)
    }
}
impl fmt::Debug for Sym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
impl fmt::Display for Sym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl From<&str> for Sym {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
impl Serialize for Sym {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0)
    }
}
impl<'de> Deserialize<'de> for Sym {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(d)?))
    }
}
