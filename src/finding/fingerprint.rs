//! Identity of findings across edits: what stays the same when lines move.

use std::collections::HashMap;

use super::Finding;
use crate::source::FileId;

/// Sorts findings, drops equal ones and gives each its fingerprint. `path` gives a file's path relative to the project,
/// with `/` between its parts.
///
/// A fingerprint is a hash of the rule, the file, the enclosing function, the resource and the ordinal among findings that share those four;
/// never of a line number.
pub fn seal<'a>(findings: &mut Vec<Finding>, path: impl Fn(FileId) -> &'a str) {
    findings.sort();
    findings.dedup();
    let mut seen: HashMap<[u8; 32], u32> = HashMap::new();
    for finding in findings {
        let same = hash(&[
            finding.rule.id.as_bytes(),
            path(finding.primary.site.file).as_bytes(),
            finding.function.as_bytes(),
            normalised(&finding.resource).as_bytes(),
        ]);
        let ordinal = seen.entry(*same.as_bytes()).or_default();
        let full = hash(&[same.as_bytes(), &ordinal.to_le_bytes()]);
        *ordinal += 1;
        finding.fingerprint = full.to_hex()[..32].to_owned();
    }
}

/// Hashes parts with their lengths, so that moving a byte from one part to the next changes the hash.
fn hash(parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}

/// What a formatter may change in a resource's text is taken out of it: blanks, and which quotes are used.
fn normalised(resource: &str) -> String {
    resource.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '\'' { '"' } else { c }).collect()
}
