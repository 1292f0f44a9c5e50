//! Macros without end, of any size, and made of nonsense: nothing overflows, hangs or panics.

use std::time::Instant;

use crate::frontend::rust::lower;
use crate::ir::File;

/// Lowers on a small stack, as a worker thread would.
fn on_small_stack(text: String) -> (usize, usize) {
    let work = move || {
        let (file, problems): (File, _) = lower(&text);
        (file.functions.len(), problems.len())
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).expect("threads can be made");
    thread.join().expect("nothing overflows")
}

#[test]
fn macros_without_end_stay_as_they_are() {
    let endless = [
        "macro_rules! m { ($($t:tt)*) => { m!($($t)*) } }",
        "macro_rules! m { ($($t:tt)*) => { m!(x $($t)*) } }",
        "macro_rules! m { ($($t:tt)*) => { m!(($($t)*)) } }",
        "macro_rules! m { ($($t:tt)*) => { (m!($($t)*)) } }",
        "macro_rules! m { ($($t:tt)*) => { { m!($($t)*) } } }",
        "macro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*); m!($($t)* $($t)*); } }",
        "macro_rules! m { ($($t:tt)*) => { [m!($($t)* $($t)*), m!($($t)* $($t)*)] } }",
        "macro_rules! m { ($e:expr) => { m!($e + $e) } }",
        "macro_rules! m { ($e:expr) => { m!(($e, $e)) } }",
        "macro_rules! m { ($($t:tt)*) => { n!($($t)*); } } macro_rules! n { ($($t:tt)*) => { m!($($t)*); } }",
        "macro_rules! m { ($($t:tt)*) => { macro_rules! m { ($$($$t:tt)*) => { m!(x) } } m!(x); } }",
    ];
    for m in endless {
        let since = Instant::now();
        let text = format!("{m}\nfn f() {{ m!(a); let x = m!(a); }}\nm!(a);\nfn g() {{}}");
        assert_eq!(on_small_stack(text), (3, 0), "{m}");
        assert!(since.elapsed().as_secs() < 20, "{m}");
    }
}

#[test]
fn a_call_may_make_much_but_not_all_that_it_wants() {
    let ten = "macro_rules! ten { ($($t:tt)*) => { $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* } }";
    let nested = |n: usize| format!("{ten}\nfn f() {{ {}g();{} }}\nfn g() {{}}", "ten! { ".repeat(n), " }".repeat(n));
    assert_eq!(on_small_stack(nested(3)), (3, 0));
    assert_eq!(on_small_stack(nested(40)), (3, 0));
    let wide =
        format!("macro_rules! all {{ ($($e:expr),*) => {{ f([$($e),*]); }} }}\nfn f() {{ all!({}); }}", "a.b(), ".repeat(5_000) + "1");
    assert_eq!(on_small_stack(wide), (2, 0));
    let many = format!("macro_rules! one {{ ($e:expr) => {{ let x = $e; x.y(); }} }}\nfn f() {{ {} }}", "one!(a.x()); ".repeat(3_000));
    assert_eq!(on_small_stack(many), (2, 0));
    let munched = format!(
        "macro_rules! each {{ () => {{}}; ($h:ident $($t:tt)*) => {{ $h(); each!($($t)*); }} }}\nfn f() {{ each!({}); }}",
        "g ".repeat(100)
    );
    assert_eq!(on_small_stack(munched), (2, 0));
}

#[test]
fn deep_definitions_and_calls() {
    let n = 5_000;
    let around = |open: &str, close: &str, inner: &str| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    for text in [
        format!("macro_rules! m {{ ({}) => {{ }} }} fn f() {{ m!(); }}", around("$(", ")*", "x")),
        format!("macro_rules! m {{ ($e:expr) => {{ {} }} }} fn f() {{ m!(1); }}", around("(", ")", "$e")),
        format!("macro_rules! m {{ ($e:expr) => {{ $e }} }} fn f() {{ m!({}); }}", around("(", ")", "1")),
        format!("macro_rules! m {{ ($e:expr) => {{ $e }} }} fn f() {{ {}; }}", around("m!(", ")", "1")),
        format!("macro_rules! m {{ ($e:tt) => {{ $e }} }} fn f() {{ m!({}); }}", around("{", "}", "1")),
    ] {
        on_small_stack(text);
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).expect("small")
    }

    /// Tokens in a row, brackets closed.
    fn tokens(&mut self, words: &[&str], depth: usize) -> String {
        let mut out = String::new();
        for _ in 0..self.below(8) {
            let n = self.below(words.len() + 3);
            match words.get(n) {
                Some(word) => out.push_str(word),
                None if depth > 0 => {
                    let (open, close) = [("(", ")"), ("{", "}"), ("[", "]")][n - words.len()];
                    out.push_str(open);
                    out.push_str(&self.tokens(words, depth - 1));
                    out.push_str(close);
                }
                None => {}
            }
            out.push(' ');
        }
        out
    }
}

#[test]
fn random_macros_do_no_harm() {
    let takes = [
        "$x:expr", "$y:ty", "$z:tt", "$a:ident", "$(", ")*", ")+", "),*", ")?", "a", ",", ";", "=>", "$", "$b:pat", "$v:vis", "$s:stmt",
        "'l", "1", ":",
    ];
    let makes = [
        "$x",
        "$y",
        "$z",
        "$a",
        "$(",
        ")*",
        "),*",
        "m!(a)",
        "m!($x)",
        "m! { a , 1 }",
        "let",
        "a",
        "=",
        "fn",
        ",",
        ";",
        "=>",
        "$crate",
        "|",
        "match",
        "-1",
        "'l",
        "macro_rules! m",
    ];
    let given =
        ["a", "b", ",", ";", "=>", "1", "u8", "Vec<u8>", "'l", "x.y()", "let q = 1", "pub", "fn f() {}", "!", "m!(a)", "$", "_", "&"];
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut texts = String::new();
    for _ in 0..400 {
        let arms: Vec<String> =
            (0..=numbers.below(3)).map(|_| format!("({}) => {{ {} }}", numbers.tokens(&takes, 2), numbers.tokens(&makes, 3))).collect();
        let (call, item) = (numbers.tokens(&given, 2), numbers.tokens(&given, 2));
        let text = format!(
            "macro_rules! m {{ {} }}\nfn f() {{ m!({call}); let x = m!({call}); m! {{ {item} }} }}\nm!({item});\nfn g() {{}}\n",
            arms.join("; ")
        );
        texts.push_str(&text);
        let (first, again) = (lower(&text), lower(&text));
        assert_eq!(first, again, "{text}");
    }
    lower(&texts);
}
