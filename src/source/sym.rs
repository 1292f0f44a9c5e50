//! Interned names: one copy of each text per process, compared by address.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex};

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An interned text. Copying is free; equality and hashing look at the address, order at the text, so that sorted output
/// never depends on which thread interned first.
#[derive(Clone, Copy)]
pub struct Sym(&'static str);

const SHARDS: usize = 64;
type Shard = Mutex<HashSet<&'static str, FxBuildHasher>>;
static TABLE: LazyLock<[Shard; SHARDS]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::default()));

impl Sym {
    /// The interned copy of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let shard = &TABLE[(FxBuildHasher.hash_one(text) >> 57) as usize % SHARDS];
        let mut set = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(have) = set.get(text) {
            return Self(have);
        }
        let kept: &'static str = Box::leak(text.into());
        set.insert(kept);
        Self(kept)
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

impl PartialEq for Sym {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Sym {}
impl Hash for Sym {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.as_ptr() as usize ^ self.0.len()).hash(state);
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
