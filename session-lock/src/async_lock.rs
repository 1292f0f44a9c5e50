//! Locking from async code: the lock is asked for on the runtime's timer, so that no thread of it ever waits.
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::acquire::Attempt;
use crate::flock::Mode;
use crate::guard::{reading_methods, writing_methods};
use crate::session::Session;
use crate::sys::FileKey;
use crate::wait::Backoff;
use crate::{event, Error, SessionDir, UpdateError};

/// A session of this process: the directory and the id.
type Key = (FileKey, String);

/// One queue per session, so that the tasks of one process wait in order and only the first of them polls the file.
static QUEUES: Mutex<Option<HashMap<Key, Weak<AsyncMutex<()>>>>> = Mutex::new(None);

fn queue(key: Key) -> Arc<AsyncMutex<()>> {
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    let queues = queues.get_or_insert_with(HashMap::new);
    if let Some(queue) = queues.get(&key).and_then(Weak::upgrade) {
        return queue;
    }
    queues.retain(|_, queue| queue.strong_count() > 0);
    let queue = Arc::new(AsyncMutex::new(()));
    queues.insert(key, Arc::downgrade(&queue));
    queue
}

impl SessionDir {
    /// Locks the session exclusively and waits, without blocking the thread, until it is free.
    ///
    /// Dropping the future gives up the wait and leaves nothing behind: no thread, no open file, no lock. For a time limit wrap it
    /// in `tokio::time::timeout`. The runtime's timer must be enabled.
    ///
    /// A task that holds the session already waits for itself: unlike a thread's, that is not detected.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::lock`], without [`Error::Reentrant`].
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub async fn lock_async(&self, id: &str) -> Result<OwnedSessionLock, Error> {
        let mut attempt = Attempt::new(self, id, Mode::Exclusive, false)?;
        let turn = queue((self.sys().key().clone(), id.to_owned())).lock_owned().await;
        let mut backoff = Backoff::new();
        let mut waited = false;
        loop {
            if let Some(session) = attempt.step()? {
                return Ok(OwnedSessionLock { session, _turn: turn });
            }
            if !waited {
                event::waiting(&attempt.path());
                waited = true;
            }
            tokio::time::sleep(backoff.pause(None).unwrap_or_default()).await;
        }
    }
}

/// The exclusive lock of one session, for async code: it can be moved to another thread and held across an `.await`.
///
/// Its methods do blocking file I/O, as short as the data is; for large data move the guard into `spawn_blocking`.
#[must_use = "the session is unlocked as soon as the guard is dropped"]
pub struct OwnedSessionLock {
    // Unlocks before the next task of this process gets its turn.
    session: Session,
    _turn: OwnedMutexGuard<()>,
}

impl OwnedSessionLock {
    reading_methods!();
    writing_methods!();
}

impl fmt::Debug for OwnedSessionLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedSessionLock").field("path", &self.lock_path()).finish()
    }
}
