//! Regions and patterns: `with`, `try`, `match`.

use super::{check, check_file};

#[test]
fn with_statements() {
    check(
        "a",
        "
            with open(a) as f, lock:
                f.read()
            with g(a).h() as (x, y), a as a.z:
                pass
            with (g() as b): pass",
        "
            %5 = call <open>(a)
            with %5 as f
              %6 = <lock>
              with %6
                %7 = call f.read()
                drop %7
            drop %5
            %8 = call <g>(a)
            %9 = call %8.h()
            drop %8
            with %9 as %10
              x = element 0 of %10
              y = element 1 of %10
              with a as %11
                a.z := %11
              drop %11
            drop %9, %10
            %12 = call <g>()
            with %12 as b
            drop %12",
    );
}

#[test]
fn async_with() {
    check_file(
        "
            async def f(a):
                async with a.lock(), b as c:
                    await c.d()",
        "
            fn 0 <module>()
            fn 1 f(a) async
              %2 = call a.lock()
              async with %2
                %3 = <b>
                async with %3 as c
                  %4 = call c.d()
                  %5 = await %4
                  drop %4, %5
              drop %2",
    );
}

#[test]
fn try_statements() {
    check(
        "a",
        "
            try:
                one()
            except OSError as e:
                use(e)
            except (ValueError, m.Error):
                raise
            except f():
                raise X(a) from e
            except:
                pass
            else:
                two()
            finally:
                three()
            try: one()
            except* (A, *B): pass",
        "
            try
              %2 = call <one>()
              drop %2
            except OSError as e
              e = ?
              %3 = call <use>(e)
              drop %3
            except ValueError | m.Error
              raise
            except <computed>
              %4 = call <X>(a)
              raise %4
            except
            else
              %5 = call <two>()
              drop %5
            finally
              %6 = call <three>()
              drop %6
            try
              %7 = call <one>()
              drop %7
            except A | B",
    );
}

#[test]
fn match_patterns() {
    check(
        "a, b",
        r#"
            match f(a):
                case None: one()
                case True | "x" | -1 | m.C: two()
                case [x, (y, _), *z, w]: use(x, y, z, w)
                case {"k": v, m.K: [u], **rest}: use(v, u, rest)
                case Point(p, q=[r]) as whole: use(p, r, whole)
                case (str() as s) | [s]: use(s)
                case other: use(other)"#,
        r#"
            %14 = call <f>(a)
            branch
              when not %14
                %15 = call <one>()
                drop %15
              when
                %16 = call <two>()
                drop %16
              when
                x = element 0 of %14
                %17 = element 1 of %14
                y = element 0 of %17
                z = derived (%14)
                w = derived (%14)
                drop %17
                %18 = call <use>(x, y, z, w)
                drop %18
              when
                v = %14["k"]
                %19 = <m.K>
                %20 = %14[%19]
                u = element 0 of %20
                rest = derived (%14)
                drop %20
                %21 = call <use>(v, u, rest)
                drop %21
              when
                p = element 0 of %14
                %22 = %14.q
                r = element 0 of %22
                whole = %14
                drop %22
                %23 = call <use>(p, r, whole)
                drop %23
              when
                branch
                  when
                    s = %14
                  when
                    s = element 0 of %14
                %24 = call <use>(s)
                drop %24
              when %14
                other = %14
                %25 = call <use>(other)
                drop %25
            drop %14"#,
    );
}

#[test]
fn match_guards() {
    check(
        "a",
        r#"
            match a:
                case 1: one()
                case [x] if f(x): two()
                case {"k": y}: three()"#,
        r#"
            branch
              when
                %3 = call <one>()
                drop %3
              when
                x = element 0 of a
                %4 = call <f>(x)
                branch
                  when %4
                    %5 = call <two>()
                    drop %5
                  when not %4
                    branch
                      when
                        y = a["k"]
                        %6 = call <three>()
                        drop %6
                      when
            drop %4"#,
    );
}
