//! The known word that somebody most likely meant.

/// The word of `known` nearest to `word` by edit distance, when it is near enough to be a slip.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let best = known.into_iter().map(|k| (distance(word, k), k)).min_by_key(|(d, _)| *d);
    best.filter(|(d, _)| *d <= limit).map(|(_, k)| k)
}

/// Levenshtein distance, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        let known = ["read", "write", "rename", "release"];
        assert_eq!(nearest("raed", known), None, "a transposition costs two, a third of four letters is one");
        assert_eq!(nearest("reed", known), Some("read"));
        assert_eq!(nearest("renam", known), Some("rename"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(nearest("read", []), None);
    }
}
