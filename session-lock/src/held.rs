//! Which sessions this thread holds, so that a second lock of the same one is an error instead of a wait without end.
//!
//! Guards cannot leave their thread, so the list is thread-local and exact. Entries carry the process id: after a fork the child
//! inherits the list but not the right to the locks in it.
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::MutexGuard;

use crate::sys::FileKey;

struct Record {
    serial: u64,
    pid: u32,
    dir: FileKey,
    id: String,
    file: FileKey,
}

#[derive(Default)]
struct List {
    next: u64,
    records: Vec<Record>,
}

thread_local! {
    static HELD: RefCell<List> = RefCell::new(List::default());
}

/// One session in this thread's list, until it is dropped.
pub(crate) struct Entry {
    serial: u64,
    /// Bound to the thread (not `Send`), but shareable (`Sync`).
    _thread: PhantomData<MutexGuard<'static, ()>>,
}

/// Whether this thread holds session `id` of the directory.
pub(crate) fn holds(dir: &FileKey, id: &str) -> bool {
    any(|record| record.dir == *dir && record.id == id)
}

/// Whether this thread holds this very lock file, under whatever name.
pub(crate) fn holds_file(file: &FileKey) -> bool {
    any(|record| record.file == *file)
}

fn any(matches: impl Fn(&Record) -> bool) -> bool {
    HELD.try_with(|held| {
        let held = held.borrow();
        !held.records.is_empty() && {
            let pid = std::process::id();
            held.records.iter().any(|record| record.pid == pid && matches(record))
        }
    })
    .unwrap_or(false)
}

/// Notes that this thread of the process `pid` holds the session.
pub(crate) fn enter(pid: u32, dir: &FileKey, id: &str, file: &FileKey) -> Entry {
    let serial = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        let serial = held.next;
        held.next += 1;
        held.records.push(Record { serial, pid, dir: dir.clone(), id: id.to_owned(), file: file.clone() });
        serial
    });
    // The list is gone only while the thread's own data is being destroyed; such a guard is simply not listed.
    Entry { serial: serial.unwrap_or(u64::MAX), _thread: PhantomData }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let _ = HELD.try_with(|held| held.borrow_mut().records.retain(|record| record.serial != self.serial));
    }
}
