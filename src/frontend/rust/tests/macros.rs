//! What the well-known macros are lowered to.

use super::body_is;

#[test]
fn format_strings_have_pieces() {
    body_is(
        r#"fn f(a: A, d: D) { let b = format!("{a}/{}-{0:?}{n}{{}}{K:>w$}", d.x, n = 3); let c = format!("plain"); let e = format!(T, a); }"#,
        r#"
        %2 = d.x
        %3 = 3
        %4 = <K>
        b = format a "/" %2 "-" %2 %3 "{}" %4
        drop %2
        c = "plain"
        %9 = <T>
        e = derived (%9, a)
        "#,
    );
}

#[test]
fn write_is_a_method_of_its_target() {
    body_is(
        r#"fn f(w: &mut W, a: A) -> R { write!(w.inner, "{a}")?; writeln!(OUT)?; writeln!(w, "x") }"#,
        r#"
        %2 = w.inner
        %3 = format a
        %4 = call %2.write_fmt(%3)
        drop %4, %3, %2
        %5 = "\n"
        %6 = call <OUT.write_fmt>(%5)
        drop %6
        %7 = "x\n"
        %8 = call w.write_fmt(%7)
        return %8
        "#,
    );
}

#[test]
fn printing_evaluates_its_arguments() {
    body_is(
        r#"fn f(a: A) { println!("{}", a.x()); info!(target: "t", n = %a.y(), "m {}", a.z()); log::warn!("{a}"); }"#,
        r#"
        %1 = "{}"
        %2 = call a.x()
        drop %2
        %3 = "t"
        %4 = call a.y()
        %5 = "m {}"
        %6 = call a.z()
        drop %6, %4
        %7 = "{a}"
        "#,
    );
}

#[test]
fn raising_macros_leave() {
    body_is(
        r#"fn f(a: A) -> u8 { if a { bail!("no {a}") } anyhow::ensure!(a.ok(), "bad"); let e = anyhow!("x {a}"); panic!() }"#,
        r#"
        branch
          when a
            %1 = format "no " a
            raise %1
          when not a
        %2 = call a.ok()
        branch
          when %2
          when not %2
            %3 = "bad"
            raise %3
        drop %2
        e = format "x " a
        raise
        "#,
    );
}

#[test]
fn assertions_raise_when_false() {
    body_is(
        r#"fn f(a: A) { assert!(a.x()); assert_eq!(a.y(), 1, "m"); debug_assert_ne!(a, 2); }"#,
        "
        %1 = call a.x()
        branch
          when %1
          when not %1
            raise
        drop %1
        %2 = call a.y()
        %3 = 1
        %4 = op == (%2, %3)
        branch
          when %4
          when not %4
            raise
        drop %4, %2
        %5 = 2
        %6 = op != (a, %5)
        branch
          when %6
          when not %6
            raise
        drop %6
        ",
    );
}

#[test]
fn collections() {
    body_is(
        r#"fn f(a: A) { g(vec![a, a.b()], vec![a; 3], json!({"k": a.c, "l": [a.d(), null, {"m": 1}]})); }"#,
        "
        %1 = call a.b()
        %2 = [a, %1]
        %3 = 3
        %4 = [a]
        %5 = a.c
        %6 = call a.d()
        %7 = 1
        %8 = [%5, %6, %7]
        %9 = call <g>(%2, %4, %8)
        drop %9, %8, %6, %5, %4, %2, %1
        ",
    );
}

#[test]
fn waiting_macros() {
    body_is(
        "async fn f(a: A) { let (x, y) = tokio::join!(a.x(), a.y()); let z = select! { biased; Some(v) = a.next(), if a.on => v, _ = a.stop() => { g(); 0 } else => 1 }; }",
        "
        %1 = call a.x()
        %2 = call a.y()
        %3 = await %1
        %4 = await %2
        %5 = (%3, %4)
        x = element 0 of %5
        y = element 1 of %5
        drop %5, %4, %3, %2, %1
        %9 = a.on
        drop %9
        %10 = call a.next()
        %11 = call a.stop()
        branch
          when
            block v
              %12 = await %10
              v = element 0 of %12
              %8 = v
          when
            %14 = await %11
            %15 = call <g>()
            drop %15
            %16 = 0
            %8 = %16
          when
            %17 = 1
            %8 = %17
        z = %8
        drop %14, %12, %11, %10, %8
        ",
    );
}

#[test]
fn constants_of_the_build() {
    body_is(
        r#"fn f() { g(env!("HOME"), concat!("a", 1), include_str!("x"), concat!(env!("A"), "/b"), stringify!(h())); }"#,
        r#"
        %0 = "${HOME}"
        %1 = "a1"
        %2 = ?
        %3 = "${A}"
        %4 = "/b"
        %5 = format %3 %4
        %6 = ?
        %7 = call <g>(%0, %1, %2, %5, %6)
        drop %7, %6, %5, %2
        "#,
    );
}

#[test]
fn other_macros_carry_their_expressions() {
    body_is(
        "fn f(a: A) { let x = my!(a.b(), 1); other! { let y = a.c(); y.d(); } html!(<a>); quote!(a.e()); dbg!(a.g()); }",
        "
        %1 = call a.b()
        %2 = 1
        x = derived (%1, %2)
        drop %1
        block y
          %5 = call a.c()
          y = %5
          drop %5
          %7 = call y.d()
          drop %7
        %8 = ?
        drop %8
        %9 = ?
        drop %9
        %10 = call a.g()
        drop %10
        ",
    );
}
