//! Where comments are, and what they stand at.

use super::comments;
use crate::source::Placement;

fn placed(text: &str) -> Vec<(String, String)> {
    let show = |p| match p {
        Placement::Above(s) => text[s.start as usize..s.end as usize].to_owned(),
        other => format!("{other:?}"),
    };
    comments(text).into_iter().map(|c| (c.text, show(c.placement))).collect()
}

fn one(text: &str) -> String {
    placed(text).remove(0).1
}

#[test]
fn documentation_and_strings_are_no_comments() {
    let text = "//! a\n/// b\n/** c */\nfn f<'a>(x: &'a str) { g(\"// d \\\" // e\", r#\"\" // f\"#, '\"', b'\\'', '/', br\"// g\", c\"// h\"); }\n";
    assert_eq!(placed(text), []);
    assert_eq!(placed("/**/ /***/ //// x\n").len(), 3);
}

#[test]
fn comments_stand_behind_above_or_at_the_head() {
    assert_eq!(one("fn f() { g(); // a\n}\n"), "Trailing");
    assert_eq!(one("// a\n\nuse x;\n"), "Head");
    assert_eq!(one("// a\n//! Doc.\n\nuse x;\n"), "Head");
    assert_eq!(one("//! Doc.\n#![allow(x)]\n// a\n\nuse x;\n"), "Head");
    assert_eq!(one("// a\nuse x;\nuse y;\n"), "use x;");
    assert_eq!(one("fn f() {\n    // a\n}\n"), "Nothing");
}

#[test]
fn what_follows_is_taken_whole() {
    let item = "/// Doc.\n#[inline]\npub fn f<A, B>(a: A) -> Result<A, B>\nwhere\n    A: X,\n{\n    if a { b() } else { c() }\n}";
    assert_eq!(one(&format!("use x;\n// a\n{item}\nfn g() {{}}\n")), item.trim_start_matches("/// Doc.\n"));
    assert_eq!(one("fn f() {\n    // a\n    let x = match y { A => 1, _ => 2 };\n    z();\n}\n"), "let x = match y { A => 1, _ => 2 };");
    assert_eq!(one("fn f() {\n    // a\n    if x { y() } else { z() }\n    w();\n}\n"), "if x { y() } else { z() }");
    assert_eq!(one("fn f() {\n    // a\n    g(|x| { x }).h()?;\n    w();\n}\n"), "g(|x| { x }).h()?;");
    assert_eq!(one("fn f() { match x {\n    // a\n    A => g(1, 2),\n    B => h(),\n} }\n"), "A => g(1, 2)");
    assert_eq!(one("fn f() {\n    // a\n    g()\n}\n"), "g()");
}

#[test]
fn broken_text_does_no_harm() {
    for text in ["\"", "r#\"", "'", "'\\", "/*", "b'", "/* /* */", "#", "#!", "// a", "é'é", "r#type"] {
        let _ = comments(text);
        let _ = comments(&format!("// x\n{text}"));
    }
}

#[test]
fn a_carriage_return_is_not_part_of_a_comment() {
    assert_eq!(placed("x(); // a\r\n// b\r\ny();\r\n"), [("a".into(), "Trailing".into()), ("b".into(), "y();".into())]);
}
