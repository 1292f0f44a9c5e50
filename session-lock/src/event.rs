//! Events for the feature `tracing`; without it they cost nothing.
use std::path::Path;

/// A wait for a lock that somebody else has.
pub(crate) fn waiting(path: &Path) {
    #[cfg(feature = "tracing")]
    tracing::debug!(path = %path.display(), "waiting for the session");
    #[cfg(not(feature = "tracing"))]
    let _ = path;
}

/// A temporary file that a dead holder left behind was removed.
pub(crate) fn reclaimed(path: &Path) {
    #[cfg(feature = "tracing")]
    tracing::warn!(path = %path.display(), "removed a temporary file that a dead holder left");
    #[cfg(not(feature = "tracing"))]
    let _ = path;
}

/// The lock file was deleted or replaced under its holder.
pub(crate) fn lost(path: &Path) {
    #[cfg(feature = "tracing")]
    tracing::error!(path = %path.display(), "the lock file was deleted or replaced while it was held");
    #[cfg(not(feature = "tracing"))]
    let _ = path;
}
