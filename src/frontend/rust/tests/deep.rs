//! Deep and odd input: no overflow of a 2 MiB stack, no panic, the same result every time.

use super::super::lower;
use crate::ir::{File, Problem, Value};

/// Lowers on a small stack, as a worker thread would, and drops the result there.
fn on_small_stack(text: String) -> (usize, Vec<Problem>) {
    let work = move || {
        let (file, problems) = lower(&text);
        (file.functions.len(), problems)
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).expect("threads can be made");
    thread.join().expect("nothing overflows")
}

fn around(open: &str, close: &str, n: usize, inner: &str) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

#[test]
fn deep_nesting_is_reported() {
    let n = 10_000;
    let exprs = [
        around("(", ")", n, "1"),
        around("{", "}", n, "1"),
        around("[", "]", n, "1"),
        around("f(", ")", n, "1"),
        around("|| ", "", n, "1"),
        around("!", "", n, "x"),
        around("if a { ", " }", n, "1"),
        around("vec![", "]", n, "1"),
        around("match x { _ => ", " }", n, "1"),
        format!("if a {{}} {}", "else if b { c() } ".repeat(5_000)),
        format!("let {} = x", around("(", ",)", n, "a")),
        format!("let {} = x", around("&", "", n, "a")),
        format!("{}1", "a = ".repeat(n)),
    ];
    for e in exprs {
        let (functions, problems) = on_small_stack(format!("fn f() {{ {e}; }}\nfn g() {{}}"));
        assert!(functions >= 2, "the other function is kept: {}", &e[..20]);
        assert!(problems.len() == 1 || e.starts_with('('), "{problems:?}: {}", &e[..20]);
    }
}

#[test]
fn deep_types_and_imports_do_not_overflow() {
    let n = 10_000;
    for ty in [around("(", ",)", n, "u8"), around("Vec<", ">", n, "u8"), around("&", "", n, "u8"), around("fn() -> ", "", n, "u8")] {
        on_small_stack(format!("type A = {ty};"));
    }
    on_small_stack(format!("use {}z;", "a::".repeat(n)));
    on_small_stack(format!("use {};", around("a::{", "}", n, "z")));
    on_small_stack(around("mod m { ", " }", n, "fn f() {}"));
    on_small_stack(format!("m! {{ {} }}", around("{", "}", n, "x")));
}

#[test]
fn long_chains_are_read_in_full() {
    let calls = format!("fn f() {{ a.b(){}; }}", ".c()".repeat(5_000));
    let (file, problems) = lower(&calls);
    assert_eq!(problems, []);
    let count = super::all_ops(&file.functions[1].body).iter().filter(|op| matches!(op, crate::ir::Op::Call(_))).count();
    assert_eq!(count, 5_001);

    let sum = format!("fn f() -> u8 {{ a{} }}", " + a".repeat(20_000));
    let (file, problems) = lower(&sum);
    assert_eq!(problems, []);
    let operands = super::all_ops(&file.functions[1].body).into_iter().find_map(|op| match op {
        crate::ir::Op::Let { value: Value::Operator(_, operands), .. } => Some(operands.len()),
        _ => None,
    });
    assert_eq!(operands, Some(20_001));
    on_small_stack(calls);
    on_small_stack(sum);
}

#[test]
fn past_the_limit_only_the_item_is_lost() {
    let text = format!("fn f() {{ {} }}\nfn g() {{}}", around("(", ")", 60_000, "1"));
    let (functions, problems) = on_small_stack(text);
    assert_eq!(functions, 2);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("too deep"));
}

/// Each construct on the least stack that its weight is given.
#[test]
fn the_stack_is_enough_for_every_construct() {
    let wraps = [
        ("(", ")"),
        ("{ ", " }"),
        ("[", "]"),
        ("f(", ")"),
        ("a.b(", ")"),
        ("if a { ", " }"),
        ("|| ", ""),
        ("!", ""),
        ("match x { _ => ", " }"),
        ("vec![", "]"),
        ("S { a: ", " }"),
        ("x as ", ""),
        ("async { ", " }"),
        ("{ fn f() { ", " } }"),
        ("loop { ", " }"),
        ("if a {} else ", "{}"),
        ("return ", ""),
        ("x = ", ""),
        ("a + (", ")"),
        ("{ let x: Vec<", ">; }"),
        ("Vec::<", ">::new()"),
        ("match x { (", ") => 1 }"),
    ];
    for (open, close) in wraps {
        for n in [40, 400] {
            on_small_stack(format!("fn f() {{ {}; }}", around(open, close, n, "x")));
            on_small_stack(format!("type A = {};", around(open, close, n, "x")));
        }
    }
    for ty in [("Vec<", ">"), ("(", ",)"), ("&", ""), ("dyn Fn() -> ", ""), ("[", "; 1]"), ("impl A<B = ", ">"), ("*const ", "")] {
        for n in [40, 400] {
            on_small_stack(format!("fn f(a: {}) {{}}", around(ty.0, ty.1, n, "u8")));
        }
    }
    for n in [10, 100, 1_000, 5_000] {
        on_small_stack(format!("use {}z;", "a::".repeat(n)));
        on_small_stack(format!("fn f() {{ a{}; if a{} {{}} }}", ".b()?".repeat(n), " + a".repeat(n)));
    }
}

fn names(file: &File) -> Vec<&str> {
    file.functions.iter().map(|f| f.name.as_str()).collect()
}

#[test]
fn a_syntax_error_spares_the_items_around_it() {
    let text = "use a::b;\nfn a() {}\nstruct S { x }\nstruct T { y: u8 }\nimpl T { fn c() {} }\n#[x] fn d() {}\n";
    let (file, problems) = lower(text);
    assert_eq!(names(&file), ["<module>", "a", "c", "d"]);
    assert_eq!((file.imports.len(), file.types.len(), problems.len()), (1, 1, 1));
}

#[test]
fn one_broken_item_is_one_problem_with_its_place() {
    let text = "fn a() {}\nfn b() -> { 1 }\nconst X: u8 = 1;\nfn c() { let = ; }\nfn d() {}\n";
    let (file, problems) = lower(text);
    assert_eq!(names(&file), ["<module>", "a", "d"]);
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|p| p.message.starts_with("syntax error: ")));
    let line = |p: &Problem| text[..p.span.start as usize].matches('\n').count();
    assert_eq!(problems.iter().map(line).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn unbalanced_brackets_are_one_problem() {
    for text in ["fn a() { (", "fn a() }", "\"unterminated", "fn a() { ( ] }"] {
        let (file, problems) = lower(text);
        assert_eq!(names(&file), ["<module>"]);
        assert_eq!(problems.len(), 1, "{text}");
    }
}

#[test]
fn spans_count_bytes_of_the_file() {
    for head in ["", "\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!/bin/x\n// ä\n", "#![allow(dead_code)]\n", "#!/x\n\n---\n[deps]\n---\n"]
    {
        let text = format!("{head}const Ä: &str = \"ö\";\nfn f() {{ g(Ä) }}\n");
        for _ in 0..2 {
            let file = super::read(&text);
            let f = &file.functions[1];
            let of = |s: crate::source::Span| &text[s.start as usize..s.end as usize];
            assert_eq!((of(f.span), of(f.name_span)), ("fn f() { g(Ä) }", "f"));
            let call = super::all_ops(&f.body).into_iter().find_map(|op| if let crate::ir::Op::Call(c) = op { Some(c.span) } else { None });
            assert_eq!(of(call.expect("a call")), "g(Ä)");
        }
    }
}
