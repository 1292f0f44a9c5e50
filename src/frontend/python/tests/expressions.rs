//! Expressions: order of evaluation, conditions, text.

use super::{check, check_file};

#[test]
fn calls_and_chains() {
    check(
        "a",
        r#"
            a.b.c(1, *x, k=a.d, **y)["k"][0].e(f)(g)
            os.path.join(a, "b").strip()
            a[1:n].x
            a[-1], a[b], a["k"]"#,
        r#"
            %1 = a.b
            %2 = 1
            %3 = <x>
            %4 = a.d
            %5 = <y>
            %6 = call %1.c(%2, *%3, k=%4, **%5)
            %7 = %6["k"]
            %8 = %7["0"]
            %9 = <f>
            %10 = call %8.e(%9)
            %11 = <g>
            %12 = call %10(%11)
            drop %1, %4, %6, %7, %8, %10, %12
            %13 = "b"
            %14 = call <os.path.join>(a, %13)
            %15 = call %14.strip()
            drop %14, %15
            %16 = 1
            %17 = <n>
            %18 = derived (a, %16, %17)
            %19 = %18.x
            drop %18, %19
            %20 = a["-1"]
            %21 = <b>
            %22 = a[%21]
            %23 = a["k"]
            %24 = (%20, %22, %23)
            drop %20, %22, %23, %24"#,
    );
}

#[test]
fn operators_are_flattened() {
    check(
        "a, b",
        r#"
            x = a + b + "c" + f(a)
            y = a / "d" / b - 1
            z = not a, -a, ~b, -1
            w = a < b < 3, a < b == 3, a in b, a is not b
            v = a * (b + 1) % 3"#,
        r#"
            %7 = "c"
            %8 = call <f>(a)
            x = op + (a, b, %7, %8)
            drop %8
            %9 = "d"
            %10 = op / (a, %9, b)
            %11 = 1
            y = op - (%10, %11)
            drop %10
            %12 = op not (a)
            %13 = op - (a)
            %14 = op ~ (b)
            %15 = -1
            z = (%12, %13, %14, %15)
            drop %12, %13, %14
            %16 = 3
            %17 = op < (a, b, %16)
            %18 = 3
            %19 = op < (a, b)
            %20 = op == (b, %18)
            %21 = op and (%19, %20)
            %22 = op in (a, b)
            %23 = op is not (a, b)
            w = (%17, %21, %22, %23)
            drop %17, %19, %20, %21, %22, %23
            %24 = 1
            %25 = op + (b, %24)
            %26 = op * (a, %25)
            %27 = 3
            v = op % (%26, %27)
            drop %25, %26"#,
    );
}

#[test]
fn and_or_run_later_operands_conditionally() {
    check(
        "a, b",
        "
            x = a or b
            y = a and f(b) and g()
            z = load(a) or not b or {}",
        "
            %5 = either (a, b)
            x = %5
            drop %5
            branch
              when a
                %6 = call <f>(b)
                branch
                  when %6
                    %7 = call <g>()
                  when not %6
              when not a
            %8 = either (a, %6, %7)
            y = %8
            drop %6, %7, %8
            %9 = call <load>(a)
            %10 = op not (b)
            %11 = []
            %12 = either (%9, %10, %11)
            z = %12
            drop %9, %10, %11, %12",
    );
}

#[test]
fn conditional_expression() {
    check(
        "a, b",
        "
            x = a if b is None else 1
            y = f(a) if a and b else g(b)",
        "
            %4 = 1
            x = either (a, %4)
            %5 = either (a, b)
            branch
              when a, b
                %6 = call <f>(a)
              when not %5
                %7 = call <g>(b)
            y = either (%6, %7)
            drop %5, %6, %7",
    );
}

#[test]
fn comprehensions_are_loops() {
    check(
        "a",
        "
            x = [f(i) for i in a.items if i.ok if not g(i) for j in i]
            y = {k: v for k, v in a}
            z = sum(i async for i in a)",
        "
            %4 = a.items
            loop
              i'5 = each of %4
              %7 = i'5.ok
              branch
                when %7
                  %8 = call <g>(i'5)
                  branch
                    when not %8
                      loop
                        j = each of i'5
                        %9 = call <f>(i'5)
                    when %8
                when not %7
            x = [%9]
            drop %4, i'5, j, %7, %8, %9
            loop
              %12 = each of a
              k = element 0 of %12
              v = element 1 of %12
            y = [k, v]
            drop k, v, %12
            loop
              %14 = each of a
              %15 = await %14
              i'13 = %15
            %16 = [i'13]
            %17 = call <sum>(%16)
            z = %17
            drop i'13, %14, %15, %16, %17",
    );
}

#[test]
fn lambda_is_a_function() {
    check_file(
        "
            def f(a):
                go(lambda x, *y, k=1: x(a), key=lambda: None)
            lam = lambda: f",
        "
            fn 0 <module>()
              lam = fn 4
            fn 1 f(a)
              %1 = fn 2
              %2 = fn 3
              %3 = call <go>(%1, key=%2)
              drop %1, %2, %3
            fn 2 f.<lambda>(x, *y, kw k = 1) closure in 1
              capture a = %0
              %4 = call x(a)
              return %4
            fn 3 f.<lambda>() closure in 1
              %0 = none
              return %0
            fn 4 <lambda>() closure in 0
              %0 = <f>
              return %0",
    );
}

#[test]
fn literals() {
    check(
        "",
        r#"
            x = ["a", b"b", 1, 1.5, 10 ** 3, True, None, ..., 99999999999999999999999]
            y = {"k": x, **x, 1: (2, *x)}
            z = {1, *x}
            "a string alone""#,
        r#"
            %3 = "a"
            %4 = "b"
            %5 = 1
            %6 = ?
            %7 = 10
            %8 = 3
            %9 = op ** (%7, %8)
            %10 = true
            %11 = none
            %12 = none
            %13 = ?
            x = [%3, %4, %5, %6, %9, %10, %11, %12, %13]
            drop %9
            %14 = "k"
            %15 = 1
            %16 = 2
            %17 = (%16, x)
            %18 = [%14, x, x, %15, %17]
            %18["k"] := x
            y = %18
            drop %17, %18
            %19 = 1
            z = [%19, x]"#,
    );
}

#[test]
fn f_strings() {
    check(
        "a, b",
        r#"
            x = f"{a.x}/{b!r:>{f(a)}}.json"
            y = "a" f"b{a}" "c"
            z = f"plain" f"{'inner'}"
            w = f"{a=}{f'{b}/{a}'}"
            v = t"{a}-{b}"
            u = f"""#,
        r#"
            %8 = a.x
            %9 = call <f>(a)
            x = format %8 "/" b ".json"
            drop %8, %9
            y = format "ab" a "c"
            z = "plaininner"
            %10 = format b "/" a
            w = format "a=" a %10
            drop %10
            v = format a "-" b
            u = """#,
    );
}

#[test]
fn percent_templates() {
    check(
        "a, b",
        r#"
            x = "%s/%05d%%.%s" % (a, b.c, "x")
            y = "%s.json" % a
            z = "%(d)s/%(n)-5s" % {"d": a, "n": b}
            w = "%(d)s" % a
            v = "%*d" % (a, b)
            u = "%s-%s" % a
            t = "%s" % a + "x"
            s = a % b"#,
        r#"
            %10 = b.c
            %11 = "x"
            x = format a "/" %10 "%." %11
            drop %10
            y = format a ".json"
            z = format a "/" b
            %12 = a["d"]
            w = format %12
            drop %12
            v = format a b
            %13 = element 0 of a
            %14 = element 1 of a
            u = format %13 "-" %14
            drop %13, %14
            %15 = format a
            %16 = "x"
            t = op + (%15, %16)
            drop %15
            s = op % (a, b)"#,
    );
}

#[test]
fn format_templates() {
    check(
        "a, b",
        r#"
            x = "{}/{}.{{x}}".format(a, b.c)
            y = "{1}-{0.p.q}-{n[k].r:>{w}}".format(a, b, n=a, w=3).strip()
            z = "{} {q}".format(*a, **b)
            w = "plain".format()
            v = "{}".format"#,
        r#"
            %7 = b.c
            x = format a "/" %7 ".{x}"
            drop %7
            %8 = 3
            %9 = a.p
            %10 = %9.q
            %11 = a["k"]
            %12 = %11.r
            %13 = format b "-" %10 "-" %12
            %14 = call %13.strip()
            y = %14
            drop %9, %10, %11, %12, %13, %14
            %15 = derived (a, b)
            %16 = derived (a, b)
            z = format %15 " " %16
            drop %15, %16
            w = "plain"
            %17 = "{}"
            v = %17.format"#,
    );
}

#[test]
fn await_and_yield() {
    check(
        "a",
        "
            x: Store = await load(a)
            y = yield a.b
            yield
            z = yield from gen(a)
            await (await a.f()).g()",
        "
            %4: Store = call <load>(a)
            %5 = await %4
            x: Store = %5
            drop %4, %5
            %6 = a.b
            %7 = yield %6
            y = %7
            drop %6, %7
            %8 = yield
            drop %8
            %9 = call <gen>(a)
            loop
              %10 = each of %9
              %11 = yield %10
            z = derived (%9)
            drop %9, %10, %11
            %12 = call a.f()
            %13 = await %12
            %14 = call %13.g()
            %15 = await %14
            drop %12, %13, %14, %15",
    );
}
