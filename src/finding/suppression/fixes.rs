//! Changes that repair suppression comments: taking one out, spelling a word of one as it was meant.

use std::ops::Range;

use super::{MARK, Mistake};
use crate::finding::Finding;
use crate::source::{Site, Span, nearest};

/// Adds the change that takes the comment out, which is the finding's place.
pub(super) fn removed(finding: Finding, text: &str) -> Finding {
    let site = finding.primary.site;
    let (range, left) = removal(text, site.span.start as usize..site.span.end as usize);
    let site = Site { span: Span::new(range.start, range.end), ..site };
    finding.fix("remove the comment", site, left)
}

/// Adds the change that spells the wrong word as it was meant, where that is known.
pub(super) fn respelled(finding: Finding, text: &str, mistake: &Mistake) -> Finding {
    let (wrong, right) = match mistake {
        Mistake::UnknownRule(wrong, Some(right)) => (wrong, *right),
        Mistake::Word(wrong) if nearest(wrong, ["allow"]).is_some() => (wrong, "allow"),
        _ => return finding,
    };
    let (site, start) = (finding.primary.site, finding.primary.site.span.start as usize);
    let comment = &text[start..site.span.end as usize];
    let Some(at) = word(comment, wrong) else { return finding };
    let site = Site { span: Span::new(start + at, start + at + wrong.len()), ..site };
    finding.fix(format!("write `{right}`"), site, right)
}

/// Where a word stands in a comment behind the mark, not as part of a longer one.
fn word(comment: &str, wanted: &str) -> Option<usize> {
    let from = comment.find(MARK)? + MARK.len();
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let whole = |at: &usize| {
        let (before, after) = (&comment[..*at], &comment[at + wanted.len()..]);
        !before.ends_with(part) && !after.starts_with(part)
    };
    comment[from..].match_indices(wanted).map(|(at, _)| from + at).find(whole)
}

/// What to cut out so that a comment is gone, and what to put there: its whole line if nothing else is on it, else the blanks around it too.
fn removal(text: &str, comment: Range<usize>) -> (Range<usize>, &'static str) {
    let Range { start, end } = comment;
    if let Some(other) = comment_behind(&text[start..end]) {
        return (start..start + other, "");
    }
    let line = text[..start].rfind('\n').map_or(0, |n| n + 1);
    let next = text[end..].find('\n').map_or(text.len(), |n| end + n + 1);
    let (before, after) = (text[line..start].trim_end(), &text[end..next]);
    match (before.is_empty(), after.trim_start()) {
        (true, "") => (line..next, ""),
        (true, code) => (start..next - code.len(), ""),
        (false, _) if after.is_empty() || after.starts_with(char::is_whitespace) => (line + before.len()..end, ""),
        (false, _) => (line + before.len()..end, " "),
    }
}

/// Where a comment for another tool starts within a line comment, behind the reason.
fn comment_behind(comment: &str) -> Option<usize> {
    let mark = if comment.starts_with('#') { " #" } else { " // " };
    let list = comment.find(')').filter(|_| !comment.starts_with("/*"))?;
    comment[list..].find(mark).map(|n| list + n + 1)
}

#[cfg(test)]
mod tests {
    use super::{removal, word};

    /// A text without the comment that stands between `<` and `>`.
    fn without(marked: &str) -> String {
        let (before, rest) = marked.split_once('<').expect("a start");
        let (comment, after) = rest.split_once('>').expect("an end");
        let text = format!("{before}{comment}{after}");
        let (cut, left) = removal(&text, before.len()..before.len() + comment.len());
        format!("{}{left}{}", &text[..cut.start], &text[cut.end..])
    }

    #[test]
    fn comments_go_with_their_line_or_with_the_blanks_before_them() {
        assert_eq!(without("a\n    <# toctou: allow(r) x>\n    b\n"), "a\n    b\n");
        assert_eq!(without("a\r\n<# toctou: allow(r) x>\r\nb\r\n"), "a\r\nb\r\n");
        assert_eq!(without("<# toctou: allow(r) x>"), "");
        assert_eq!(without("f(é)  <# toctou: allow(r) x>\nb\n"), "f(é)\nb\n");
        assert_eq!(without("f()  <# toctou: allow(r) x>\r\n"), "f()\r\n");
    }

    #[test]
    fn what_else_stands_there_stays() {
        assert_eq!(without("f()  <# toctou: allow(r) x  # noqa: E501>\n"), "f()  # noqa: E501\n");
        assert_eq!(without("f(); <// toctou: allow(r) see #3 // NOLINT>\n"), "f(); // NOLINT\n");
        assert_eq!(without("f(); <// toctou: allow(r) see #3>\n"), "f();\n");
        assert_eq!(without("f(<// toctou: allow(r) x // y>\n)"), "f(// y\n)");
        assert_eq!(without("let </* toctou: allow(r) a # b */> x;\n"), "let x;\n");
        assert_eq!(without("let</* toctou: allow(r) a */>x;\n"), "let x;\n");
        assert_eq!(without("    </* toctou: allow(r) a */> f();\n"), "    f();\n");
        assert_eq!(without("f(); </* toctou: allow(r) a\n b */>\ng();\n"), "f();\ng();\n");
    }

    #[test]
    fn only_whole_words_are_respelled() {
        assert_eq!(word("# toctou: allow(ab, a) a", "a"), Some(20));
        assert_eq!(word("# toctou:alow(alow) x", "alow"), Some(9));
        assert_eq!(word("# toctou: allow(ab) x", "a"), None);
    }
}
