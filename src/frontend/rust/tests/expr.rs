//! Expressions, calls, chains, operators, assignments, closures.

use super::body_is;

#[test]
fn paths_and_fields_outside_variables_stay_whole() {
    body_is(
        "fn f(a: A) { CONFIG.inner.save(a.b.c); std::fs::read(&Self::PATH)?; (&a.x).y().z(); a::B.m(); }",
        "
        %1 = a.b
        %2 = %1.c
        %3 = call <CONFIG.inner.save>(%2)
        drop %3, %2, %1
        %4 = <Self.PATH>
        %5 = call <std.fs.read>(%4)
        drop %5
        %6 = a.x
        %7 = call %6.y()
        %8 = call %7.z()
        drop %8, %7, %6
        %9 = call <a.B.m>()
        drop %9
        ",
    );
}

#[test]
fn types_of_initialisers_reach_the_call() {
    body_is(
        r#"fn f(p: P) { let c: Config = load(p).context("x")?; let d = parse::<Doc>(c).await?.b::<_>(); let e: E; let (g, h): (G, H) = d.pair(); }"#,
        r#"
        %1: Config = call <load>(p)
        %2 = "x"
        %3: Config = call %1.context(%2)
        c: Config = %3
        drop %3, %1
        %5: Doc = call <parse>(c)
        %6 = await %5
        %7 = call %6.b()
        d = %7
        drop %7, %6, %5
        %10: ()[G, H] = call d.pair()
        g = element 0 of %10
        h = element 1 of %10
        drop %10
        "#,
    );
}

#[test]
fn literals_and_containers() {
    body_is(
        r#"fn f(a: u8) { g("s", 'c', b"b", -3, true, (), None, (a, 1), [a, 2], [a; 3], 1..a, ..=a, 2.5); }"#,
        r#"
        %1 = "s"
        %2 = "c"
        %3 = "b"
        %4 = -3
        %5 = true
        %6 = none
        %7 = none
        %8 = 1
        %9 = (a, %8)
        %10 = 2
        %11 = [a, %10]
        %12 = 3
        %13 = [a]
        %14 = 1
        %15 = op .. (%14, a)
        %16 = op ..= (a)
        %17 = ?
        %18 = call <g>(%1, %2, %3, %4, %5, %6, %7, %9, %11, %13, %15, %16, %17)
        drop %18, %17, %16, %15, %13, %11, %9
        "#,
    );
}

#[test]
fn copies_are_the_variable() {
    body_is(
        "fn f(a: A) { let b = &mut *a; let c = (b as u8)?; g(&&c); }",
        "
        b = a
        c = b
        %3 = call <g>(c)
        drop %3
        ",
    );
}

#[test]
fn temporaries_drop_with_the_statement() {
    body_is(
        "fn f(a: A) { let _ = a.lock(); let _g = a.lock(); a.lock(); let _ = a; drop(_g); mem::drop(a); }",
        "
        %1 = call a.lock()
        drop %1
        %2 = call a.lock()
        _g = %2
        drop %2
        %4 = call a.lock()
        drop %4
        %5 = call <drop>(_g)
        drop %5
        %6 = call <mem.drop>(a)
        drop %6
        ",
    );
}

#[test]
fn blocks_drop_their_locals_after_the_value() {
    body_is(
        "fn f(a: A) -> u8 { let n = { let g = a.lock(); g.len() }; unsafe { h() }; n }",
        "
        block g
          %1 = call a.lock()
          g = %1
          drop %1
          %3 = call g.len()
          %4 = %3
          drop %3
        n = %4
        drop %4
        %6 = call <h>()
        drop %6
        return n
        ",
    );
}

#[test]
fn tail_is_returned() {
    body_is(
        "fn f(a: A) -> u8 { { a.x() } }",
        "
        %1 = call a.x()
        return %1
        ",
    );
}

#[test]
fn operators_are_flat() {
    body_is(
        "fn f(a: A, b: B) -> u8 { let c = a + b + 1 - 2; let d = !(a == b); c & d | 4 }",
        "
        %2 = 1
        %3 = op + (a, b, %2)
        %4 = 2
        c = op - (%3, %4)
        drop %3
        %7 = op == (a, b)
        d = op not (%7)
        drop %7
        %10 = op & (c, d)
        %11 = 4
        %12 = op | (%10, %11)
        return %12
        ",
    );
}

#[test]
fn lazy_operands_may_not_run() {
    body_is(
        "fn f(a: A) -> bool { let b = a.x() && a.y() && a.z; a == 1 || b }",
        "
        %1 = call a.x()
        branch
          when %1
            %2 = call a.y()
          when not %1
        %3 = a.z
        b = either (%1, %2, %3)
        drop %3, %2, %1
        %6 = 1
        %7 = op == (a, %6)
        %8 = op or (%7, b)
        return %8
        ",
    );
}

#[test]
fn assignments_say_where() {
    body_is(
        r#"fn f(mut a: A, b: B) { a = b; a.x = b; a["k"] = b; a[b] = 1; *a = b; STATE = b; m::S.x = b; _ = b.c(); (a, b.y) = a.pair(); }"#,
        r#"
        a = b
        a.x := b
        a["k"] := b
        %2 = 1
        a[b] := %2
        a["*"] := b
        <STATE> := b
        <m.S.x> := b
        %3 = call b.c()
        drop %3
        %4 = call a.pair()
        a = element 0 of %4
        %6 = element 1 of %4
        b.y := %6
        drop %6, %4
        "#,
    );
}

#[test]
fn compound_assignments_read_first() {
    body_is(
        "fn f(mut a: A, b: B) { a += b; a.x -= 1; a[0] += b; *a += 1; N += 1; }",
        r#"
        a = op + (a, b)
        %3 = 1
        %4 = a.x
        %5 = op - (%4, %3)
        a.x := %5
        drop %5, %4
        %6 = a["0"]
        %7 = op + (%6, b)
        a["0"] := %7
        drop %7, %6
        %8 = 1
        %9 = op + (a, %8)
        a["*"] := %9
        drop %9
        %10 = 1
        %11 = <N>
        %12 = op + (%11, %10)
        <N> := %12
        drop %12
        "#,
    );
}

#[test]
fn struct_literals() {
    body_is(
        "fn f(a: A, b: B) -> S { m::S { x: a.y, b, ..Default::default() } }",
        "
        %2 = a.y
        %3 = call <Default.default>()
        %4 = <m.S> {x: %2, b: b, ..%3}
        return %4
        ",
    );
}

#[test]
fn index_and_tuple_fields() {
    body_is(
        r#"fn f(a: A) { g(a["k"], a[0], a[a.n], &a[1..], a.0.1); }"#,
        r#"
        %1 = a["k"]
        %2 = a["0"]
        %3 = a.n
        %4 = a[%3]
        %5 = 1
        %6 = op .. (%5)
        %7 = a[%6]
        %8 = a.0
        %9 = %8.1
        %10 = call <g>(%1, %2, %4, %7, %9)
        drop %10, %9, %8, %7, %6, %4, %3, %2, %1
        "#,
    );
}

#[test]
fn callables_in_variables_and_fields() {
    body_is(
        "fn f(a: A, g: G) { g(1); (a.cb)(2); g(1)(3); (|x| x)(4); }",
        "
        %2 = 1
        %3 = call g(%2)
        drop %3
        %4 = a.cb
        %5 = 2
        %6 = call %4(%5)
        drop %6, %4
        %7 = 1
        %8 = call g(%7)
        %9 = 3
        %10 = call %8(%9)
        drop %10, %8
        %11 = fn 2
        %12 = 4
        %13 = call %11(%12)
        drop %13, %11
        ",
    );
}

#[test]
fn await_and_yield() {
    body_is(
        "async fn f(a: A) { a.go().await; yield a; }",
        "
        %1 = call a.go()
        %2 = await %1
        drop %2, %1
        %3 = yield a
        drop %3
        ",
    );
}
