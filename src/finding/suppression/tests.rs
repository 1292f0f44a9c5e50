//! What silences what.

use super::{FileSuppressions, Mistake, apply, parse, read};
use crate::finding::Finding;
use crate::finding::tests::{RULE, sample};
use crate::source::{Comment, FileId, Files, Lang, Placement, SourceFile, Span};

fn mistake(text: &str) -> Mistake {
    parse(text).expect("meant as a directive").expect_err("wrong")
}

#[test]
fn directives() {
    let good = parse("toctou: allow(sample-race, other) only one process runs this").expect("a directive").expect("right");
    assert_eq!(good.rules, ["sample-race", "other"]);
    assert_eq!(good.reason, "only one process runs this");
    let shared = parse("toctou: allow(a) see https://example.com/1  # noqa: E501").expect("a directive").expect("right");
    assert_eq!(shared.reason, "see https://example.com/1");
    assert_eq!(parse("toctou:allow( a ) -- the daemon is alone").expect("a directive").expect("right").reason, "the daemon is alone");
}

#[test]
fn mistakes() {
    assert_eq!(mistake("toctou: allow(a)"), Mistake::NoReason);
    assert_eq!(mistake("toctou: allow(a)  # noqa"), Mistake::NoReason);
    assert_eq!(mistake("toctou: allow(a) : TODO"), Mistake::Placeholder("TODO".into()));
    assert_eq!(mistake("toctou: allow(a) todo: explain"), Mistake::Placeholder("todo: explain".into()));
    assert_eq!(mistake("toctou: allow(a) ..."), Mistake::Placeholder("...".into()));
    assert_eq!(mistake("toctou: allow() because x is y"), Mistake::List);
    assert_eq!(mistake("toctou: allow(a reason"), Mistake::List);
    assert_eq!(mistake("toctou: alow(a) a good reason"), Mistake::Word("alow".into()));
    assert_eq!(mistake("toctou: ignore(a) a good reason"), Mistake::Word("ignore".into()));
}

#[test]
fn prose_is_no_directive() {
    for text in ["see toctou: allow(a) b", "toctou is a linter", "toctou: a linter for races", "TOCTOU: allow(a) b", "noqa"] {
        assert_eq!(parse(text), None, "{text}");
    }
}

const TEXT: &str = "a = 1\nb(\n    2,\n)  # here\nc = 3\n";

fn file(placement: Placement, text: &str) -> FileSuppressions {
    let at = TEXT.find("# here").expect("the comment");
    let comment = Comment { span: Span::new(at, at + 6), text: text.into(), placement };
    read(FileId(0), TEXT, &[comment], &[&RULE])
}

/// How many findings stay, with those about the comment, and how many are silenced.
fn counts(findings: &[Finding], suppressions: &FileSuppressions) -> (Vec<&'static str>, usize) {
    let files = Files::new(vec![SourceFile::in_memory("a.py".into(), TEXT, Lang::Python)]);
    let applied = apply(findings.to_vec(), &files, std::slice::from_ref(suppressions), |_| true);
    (applied.kept.iter().chain(&applied.about).map(|f| f.rule.id).collect(), applied.silenced.len())
}

#[test]
fn a_comment_behind_code_covers_its_line() {
    let trailing = file(Placement::Trailing, "toctou: allow(sample-race) only one process");
    let on = |part: &str, len: usize| {
        let start = TEXT.find(part).expect("the part");
        sample(0, start, start + len)
    };
    assert_eq!(counts(&[on("b(", 12)], &trailing), (vec![], 1), "a call that ends on the line");
    let trailing = file(Placement::Trailing, "toctou: allow(sample-race) only one process");
    assert_eq!(counts(&[on("a =", 5), on("c =", 5)], &trailing), (vec!["sample-race", "sample-race", "unused-suppression"], 0));
}

#[test]
fn a_comment_at_the_head_covers_the_file_and_one_above_its_statement() {
    let head = file(Placement::Head, "toctou: allow(sample-race) only one process");
    assert_eq!(counts(&[sample(0, 0, 5), sample(0, 30, 32)], &head), (vec![], 2));
    let above = file(Placement::Above(Span::new(28, 33)), "toctou: allow(sample-race) only one process");
    assert_eq!(counts(&[sample(0, 0, 5), sample(0, 30, 32)], &above), (vec!["sample-race"], 1));
}

#[test]
fn wrong_comments_silence_nothing_and_are_findings() {
    let unknown = file(Placement::Head, "toctou: allow(sample-rase) only one process");
    assert_eq!(unknown.invalid[0].1, Mistake::UnknownRule("sample-rase".into(), Some("sample-race")));
    assert_eq!(counts(&[sample(0, 0, 5)], &unknown), (vec!["sample-race", "invalid-suppression"], 0));
}
