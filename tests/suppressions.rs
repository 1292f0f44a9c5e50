//! Suppression comments in whole files: what is one, what is none, and what is said of wrong ones.

mod support;

use support::project::Project;

fn concise(files: &[(&str, &str)]) -> String {
    Project::new(files).toctou(&["check", "-o", "concise"]).stdout
}

#[test]
fn words_that_are_no_comments_are_no_directives() {
    let python = "x = '# toctou: allow(nothing)'\n\"\"\"\n# toctou: allow(nothing)\n\"\"\"\ny = f'{x} # toctou: allow(nothing)'\n# see toctou: allow(nothing)\n";
    let rust = "//! toctou: allow(nothing)\n/// // toctou: allow(nothing)\nfn f() { println!(\"// toctou: allow(nothing)\"); g(r#\"\n// toctou: allow(nothing)\n\"#) }\n";
    assert_eq!(concise(&[("a.py", python), ("b.rs", rust)]), "");
}

#[test]
fn wrong_directives_are_findings() {
    let text = concise(&[
        ("a.py", "# toctou: allow(unused-suppression)\nx = 1\n"),
        ("b.py", "# toctou: allow(unused-supression) a typo in the rule\nx = 1\n"),
        ("c.rs", "fn f() {} // toctou: allow() no rule at all\n"),
        ("d.rs", "/* toctou: alow(unused-suppression) a typo */\nfn f() {}\n"),
    ]);
    for words in [
        "a.py:1:1: warning[invalid-suppression] a suppression must give",
        "b.py:1:1: warning[invalid-suppression] there is no rule",
        "c.rs:1:11: ",
        "d.rs:1:1: ",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
}

#[test]
fn a_directive_that_silences_nothing_is_a_finding() {
    let text = "x = 1  # toctou: allow(unused-suppression) nothing to see here\n";
    assert!(concise(&[("a.py", text)]).starts_with("a.py:1:8: warning[unused-suppression]"));
}

#[test]
fn single_files_are_not_judged_for_unused_directives() {
    let p = Project::new(&[("a.py", "x = 1  # toctou: allow(unused-suppression) nothing to see here\n")]);
    assert_eq!(p.toctou(&["check", "a.py"]).status, 0, "the finding may need the other files");
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let text = "\u{feff}x = 1\r\n# toctou: allow(no-such-rule) for the test\r\ny = 2\r\n";
    assert_eq!(concise(&[("a.py", text)]).lines().next(), Some("a.py:2:1: warning[invalid-suppression] there is no rule `no-such-rule`"));
}

#[test]
fn the_words_in_any_surroundings_never_end_the_run() {
    let words = ["toctou: allow(", "toctou:", "toctou: allow(x)", "toctou: allow(unused-suppression) r"];
    let around = ["#", "//", "/*", "*/", "'", "\"", "r#\"", "\"\"\"", "'''", "\n", "\r\n", "{", "}", "(", "\\", "é", "\u{0}", "#!", "b'"];
    let mut files = Vec::new();
    for (i, word) in words.iter().enumerate() {
        for (j, left) in around.iter().enumerate() {
            let text: String = around.iter().map(|right| format!("{left}{word}{right}\n{right}{left} {word}")).collect();
            files.push((format!("{i}_{j}.py"), text.clone()));
            files.push((format!("{i}_{j}.rs"), text));
        }
    }
    let files: Vec<_> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let ran = Project::new(&files).toctou(&["check", "-o", "json"]);
    assert!(ran.status < 2, "{ran:?}");
    assert!(!ran.stdout.contains("\"internal\""), "{}", ran.stdout);
}
