//! The list of `models/python/`; a test compares it with the folder.

/// File names and texts, sorted by name.
pub(super) const FILES: &[(&str, &str)] = &[];
