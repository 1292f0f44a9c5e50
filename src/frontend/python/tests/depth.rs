//! Deep and broken texts: the stack must not overflow, and what can be read is read.

use super::super::lower;
use crate::ir::{FuncIdx, Op, Problem, Value};

/// Lowers on a thread with the stack that threads have by default, and drops everything there.
fn on_a_small_stack(text: String) -> (Vec<Problem>, usize) {
    let work = move || {
        let (file, problems) = lower(&text);
        assert_eq!(file.functions[0].name.as_str(), "<module>");
        (problems, file.functions[0].body.len())
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work);
    thread.expect("a thread starts").join().expect("nothing panics")
}

fn is_refused(text: String) -> bool {
    let (problems, _) = on_a_small_stack(text);
    matches!(&problems[..], [p] if p.message == "nested too deeply, the file is not analysed")
}

fn is_cut(text: String) -> bool {
    let (problems, _) = on_a_small_stack(text);
    !problems.is_empty() && problems.iter().all(|p| p.message.starts_with("nested more than"))
}

fn nest(open: &str, middle: &str, close: &str, n: usize) -> String {
    format!("x = {}{middle}{}\n", open.repeat(n), close.repeat(n))
}

#[test]
fn brackets_are_refused_before_the_parser_sees_them() {
    for n in [10_000, 50_000] {
        for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("f(", ")"), ("a[", "]"), ("(1, ", ")"), ("lambda: (", ")")] {
            assert!(is_refused(nest(open, "1", close, n)), "{open} {n}");
        }
        assert!(is_refused("(".repeat(n)), "never closed {n}");
    }
}

#[test]
fn prefixes_that_nest_to_the_right_are_refused() {
    let prefixes = ["-", "not ", "- ~ +", "lambda: ", "await ", "2 ** ", "a if b else ", "lambda a, b: ", "(yield ", "*"];
    for prefix in prefixes {
        assert!(is_refused(nest(prefix, "x", "", 10_000)), "{prefix}");
    }
    assert!(is_refused(format!("{}x = 1\n", "async ".repeat(10_000))));
}

#[test]
fn blocks_and_strings_that_nest_are_refused_or_cut() {
    let mut blocks = String::new();
    for n in 0..1_500 {
        blocks += &format!("{}if a:\n", " ".repeat(n));
    }
    blocks += &format!("{}pass\n", " ".repeat(1_500));
    assert!(is_refused(blocks));
    assert!(is_refused(nest("f\"{", "x", "}\"", 10_000)));
    assert!(is_cut(nest("f\"{", "x", "}\"", 140)));
}

#[test]
fn moderate_nesting_is_cut_with_a_problem() {
    // The first two are lowered on the stack of the caller.
    for n in [120, 140, 400] {
        let nests =
            [("[", "]"), ("f(", ")"), ("-", ""), ("lambda: ", ""), ("a if b else ", ""), ("not ", ""), ("{1:", "}"), ("[a for b in ", "]")];
        for (open, close) in nests {
            assert!(is_cut(nest(open, "x", close, n)), "{open} {n}");
        }
        for head in ["def f():", "class A:", "with a as b:", "for a in b:", "if f(a):", "while f(a) or g(b):"] {
            let lines = (0..n).map(|i| format!("{}{head}\n", " ".repeat(i)));
            assert!(is_cut(lines.collect::<String>() + &format!("{}pass\n", " ".repeat(n))), "{head} {n}");
        }
        assert!(is_cut(format!("match x:\n    case {}y{}: pass\n", "[".repeat(n), "]".repeat(n))));
        assert!(is_cut(format!("x: {}int{} = 1\n", "list[".repeat(n), "]".repeat(n))));
    }
}

#[test]
fn parentheses_alone_do_not_nest_the_tree() {
    assert_eq!(on_a_small_stack(nest("(", "x", ")", 400)), (vec![], 1));
}

#[test]
fn chains_to_the_left_are_lowered_whole() {
    let n = 20_000;
    let (file, problems) = lower(&format!("def f(a):\n    return a{}\n", " + a".repeat(n)));
    assert_eq!(problems, []);
    let Op::Let { value: Value::Operator(op, operands), .. } = &file.functions[1].body[0] else { panic!("one operator") };
    assert_eq!((op.as_str(), operands.len()), ("+", n + 1));

    for (link, ops) in [(".a", n + 1), (".a()", n), ("()", n), ("[0]", n + 1), (" - b * c", 2 * n)] {
        let text = format!("x = q\nx = x{}\n", link.repeat(n));
        let (problems, len) = on_a_small_stack(text);
        assert_eq!(problems, [], "{link}");
        assert!(len >= ops, "{link}: {len}");
    }
}

#[test]
fn chains_up_to_the_bound_fit_the_stack() {
    let (problems, _) = on_a_small_stack(format!("x = q{}\n", ".a".repeat(99_000)));
    assert_eq!(problems, []);
}

#[test]
fn longer_chains_are_refused() {
    assert!(is_refused(format!("x = a{}\n", " + a".repeat(150_000))));
}

#[test]
fn flat_repetition_is_no_depth() {
    let n = 20_000;
    for text in [
        format!("x = [{}]\n", "f(a.b), ".repeat(n)),
        format!("x = a{}\n", " or a == -1".repeat(n)),
        format!("x = a{}\n", " or not f(a)".repeat(n)),
        format!("x = {{{}}}\n", "'k': (lambda a, b: 1 if a else b), ".repeat(n)),
        "x = 1; ".repeat(n),
        format!("if a: pass\n{}", "elif f(b): g()\n".repeat(5_000)),
        format!("x = '{}'\n", "(".repeat(5_000_000)),
        format!("x = {}1\n", "b = ".repeat(n)),
        format!("x = a{}\n", " < a".repeat(n)),
        format!("x = f'{}'\n", "{a.b} ".repeat(n)),
        format!("match x:\n{}", "    case [a, b] if a: pass\n".repeat(50)),
    ] {
        let (problems, _) = on_a_small_stack(text.clone());
        assert_eq!(problems, [], "{}", &text[..40]);
    }
}

#[test]
fn a_long_line_of_data_becomes_few_ops() {
    let (problems, ops) = on_a_small_stack(format!("x = [{}]\n", "(1, 'b'), ".repeat(100_000)));
    assert_eq!(problems, []);
    assert!(ops < 300, "{ops}");
}

#[test]
fn many_guards_and_with_items_are_cut() {
    assert!(is_cut(format!("match x:\n{}", "    case a if f(a): pass\n".repeat(5_000))));
    assert!(is_cut(format!("with {}a: pass\n", "a, ".repeat(5_000))));
    assert!(is_cut(format!("x = [a {} ]\n", "for a in b if a ".repeat(500))));
}

#[test]
fn what_stands_beside_something_too_deep_is_lowered() {
    let (file, problems) = lower(&format!("def f():\n    g()\n    {}    h()\n", nest("[", "x", "]", 200)));
    assert_eq!(problems.len(), 1);
    let calls = file.functions[1].body.iter().filter(|op| matches!(op, Op::Call(_))).count();
    assert_eq!(calls, 2);
}

#[test]
fn a_syntax_error_leaves_the_rest() {
    let (file, problems) = lower("def f(:\n    return 1\ndef g(x):\n    return x\n");
    assert!(problems.iter().all(|p| p.message.starts_with("syntax error: ")), "{problems:?}");
    assert!(!problems.is_empty());
    assert!(file.functions.iter().any(|f| f.name.as_str() == "g" && f.params.len() == 1));
}

#[test]
fn syntax_errors_are_told_one_by_one_up_to_a_bound() {
    let (_, problems) = lower("x = = 1\ny = 2\nz = )\n");
    let lines: Vec<u32> = problems.iter().map(|p| p.span.start).collect();
    assert!(lines.contains(&4) && lines.iter().any(|l| *l >= 14), "{problems:?}");
    let (_, problems) = lower(&"x = = 1\n".repeat(100));
    assert_eq!(problems.len(), 10);
}

#[test]
fn any_cut_of_a_program_is_read() {
    let text = "async def f(a, *b: int, c=1, **d) -> 'X | None':\n    with open(a) as f, g(): x[a:b].c = yield f'{a!r:>{b}}' or (lambda q: q)\n    match x:\n        case {'a': [b, *c], **d} if (e := f()): return {**a}\n";
    for end in (0..text.len()).filter(|i| text.is_char_boundary(*i)) {
        let (file, _) = lower(&text[..end]);
        assert_eq!(file.functions[0].name.as_str(), "<module>");
        for (i, f) in file.functions.iter().enumerate() {
            assert!(f.parent.is_none_or(|p| p < FuncIdx(i as u32)));
        }
    }
}

#[test]
fn an_empty_file_has_its_top_level() {
    for text in ["", "\u{feff}", "\n", "# c", "\\", "\0", "'''"] {
        assert_eq!(lower(text).0.functions.len(), 1, "{text:?}");
    }
}
