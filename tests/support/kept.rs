//! Texts that are kept in files beside their program, and rewritten with `UPDATE=1`.

use std::fs;

use similar::TextDiff;

use super::repository;

/// Compares a text with the kept one; `None` means that there must be no such file.
///
/// With `UPDATE` in the environment the file is made to agree, and the comparison holds.
pub(crate) fn agrees(path: &str, actual: Option<&str>) -> Result<(), String> {
    let kept = fs::read_to_string(repository(path)).ok();
    if kept.as_deref() == actual {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        let updated = match actual {
            Some(text) => fs::write(repository(path), text),
            None => fs::remove_file(repository(path)),
        };
        return updated.map_err(|e| format!("{path}: {e}"));
    }
    match (kept, actual) {
        (Some(kept), Some(actual)) => Err(diff(path, &kept, "now", actual)),
        (None, Some(actual)) => Err(format!("{path}: is not there; it would be\n{actual}")),
        (_, None) => Err(format!("{path}: is there, and nothing is reported")),
    }
}

/// The lines that differ, with some context.
pub(crate) fn diff(expected_name: &str, expected: &str, actual_name: &str, actual: &str) -> String {
    TextDiff::from_lines(expected, actual).unified_diff().context_radius(3).header(expected_name, actual_name).to_string()
}
