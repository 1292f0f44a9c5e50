//! "Did you mean": the known word that comes nearest to an unknown one.

/// The word of `known` with the fewest edits to `word`, if that is few enough to have been meant: a third of its length.
/// Of equally near ones the first wins.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.chars().count() / 3).max(1);
    known.into_iter().map(|k| (edits(word, k), k)).filter(|&(n, _)| n <= bound).min_by_key(|&(n, _)| n).map(|(_, k)| k)
}

/// Levenshtein's distance, one row at a time.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_a_slip_and_no_stranger() {
        assert_eq!(nearest("exlcude", ["include", "exclude"]), Some("exclude"));
        assert_eq!(nearest("selekt", ["select", "ignore"]), Some("select"));
        assert_eq!(nearest("banana", ["select", "ignore"]), None);
        assert_eq!(nearest("", ["select"]), None);
    }
}
