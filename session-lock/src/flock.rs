//! The lock call itself: the only place that names the crate `fs2`.
//!
//! Always by full path (`fs2::FileExt::unlock(file)`): since Rust 1.89 `std::fs::File` has methods of the same names that would
//! win over the trait's and report contention by another type. On Unix the call is `flock(2)`, on Windows `LockFileEx` over the
//! whole range. No type of `fs2` is public, so this module can move to `std::fs::File::lock` without a breaking release; that
//! pays once the minimum supported Rust version is 1.89, since both cost the same.
use std::fs::File;
use std::io;

/// Whether a lock keeps everybody else out, or only the exclusive ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One holder.
    Exclusive,
    /// Any number of holders, none of them exclusive.
    Shared,
}

/// Waits in the kernel's queue until the lock is ours. Signals do not end the wait.
pub(crate) fn lock(file: &File, mode: Mode) -> io::Result<()> {
    uninterrupted(|| match mode {
        Mode::Exclusive => fs2::FileExt::lock_exclusive(file),
        Mode::Shared => fs2::FileExt::lock_shared(file),
    })
}

/// Takes the lock if it is free; `false` if somebody else has it.
pub(crate) fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    let outcome = uninterrupted(|| match mode {
        Mode::Exclusive => fs2::FileExt::try_lock_exclusive(file),
        Mode::Shared => fs2::FileExt::try_lock_shared(file),
    });
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == fs2::lock_contended_error().raw_os_error() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives the lock back, for every duplicate of the descriptor too.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    uninterrupted(|| fs2::FileExt::unlock(file))
}

/// Repeats a call that a signal interrupted.
fn uninterrupted(mut call: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
