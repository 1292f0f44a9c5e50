//! Which strings may name a session: those that are a plain file name everywhere.

/// The longest id unless the options say otherwise; with prefix and suffix it stays below the 255 bytes of most file systems.
pub(crate) const DEFAULT_MAX_LEN: usize = 200;

/// Says which rule `id` breaks, if any. Ids are rejected, never escaped, so that every peer derives the same file names.
pub(crate) fn check(id: &str, max_len: usize) -> Result<(), &'static str> {
    if id.is_empty() {
        return Err("it is empty");
    }
    if id.len() > max_len {
        return Err("it is longer than allowed (200 bytes unless the options set max_id_len)");
    }
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
        return Err("it has a character other than A-Z, a-z, 0-9, '.', '_' and '-'");
    }
    if id.starts_with('.') || id.ends_with('.') {
        return Err("it starts or ends with '.'");
    }
    if is_device(id) {
        return Err("it is a device name on Windows");
    }
    Ok(())
}

/// Whether Windows takes a file of this name for a device, whatever its extension.
fn is_device(id: &str) -> bool {
    let stem = id.split('.').next().unwrap_or(id).to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        _ => stem.len() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem.ends_with(|last: char| last.is_ascii_digit()),
    }
}

/// Whether `ext` may be the extension of the data files.
pub(crate) fn check_ext(ext: &str) -> Result<(), &'static str> {
    if ext.is_empty() || ext.len() > 16 || !ext.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("an extension is 1 to 16 of A-Z, a-z and 0-9");
    }
    if ext.eq_ignore_ascii_case("lock") {
        return Err("the extension 'lock' belongs to the lock files");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for id in ["a", "2026-02-23-0c9c47-v2", "550e8400-e29b-41d4-a716-446655440000", "a.b_c-D", "COM", "COM10", "console", "nul0"] {
            assert_eq!(check(id, DEFAULT_MAX_LEN), Ok(()), "{id}");
        }
        assert_eq!(check(&"a".repeat(200), DEFAULT_MAX_LEN), Ok(()));
    }

    #[test]
    fn each_rule_is_named() {
        let long = "a".repeat(201);
        for (id, word) in [
            ("", "empty"),
            (long.as_str(), "longer"),
            ("../x", "character"),
            ("a/b", "character"),
            ("a\0b", "character"),
            ("é", "character"),
            ("a b", "character"),
            (".hidden", "starts or ends"),
            ("..", "starts or ends"),
            ("a.", "starts or ends"),
            ("CON", "device"),
            ("nul.txt", "device"),
            ("Com1.a.b", "device"),
            ("LPT9", "device"),
        ] {
            let reason = check(id, DEFAULT_MAX_LEN).expect_err(id);
            assert!(reason.contains(word), "{id:?}: {reason}");
        }
    }

    #[test]
    fn the_extension_cannot_be_that_of_the_lock() {
        assert_eq!(check_ext("json"), Ok(()));
        for ext in ["", "lock", "LOCK", "a.b", "a/b", "12345678901234567"] {
            assert!(check_ext(ext).is_err(), "{ext:?}");
        }
    }
}
