//! Statements: assignment, branches, loops, regions.

use super::check;

#[test]
fn assignments() {
    check(
        "a, b",
        r#"
            x = y = f(a)
            x, (y, *z), w = a
            [x, *y, w] = a
            a.b.c = x
            a.b["k"].d = x
            a[b] = a[1] = x
            _ = a
            *x, = a"#,
        r#"
            %7 = call <f>(a)
            x = %7
            y = %7
            drop %7
            x = element 0 of a
            %8 = element 1 of a
            y = element 0 of %8
            z = derived (%8)
            w = element 2 of a
            drop %8
            x = element 0 of a
            y = derived (a)
            w = derived (a)
            %9 = a.b
            %9.c := x
            drop %9
            %10 = a.b
            %11 = %10["k"]
            %11.d := x
            drop %10, %11
            a[b] := x
            a["1"] := x
            _ = a
            x = derived (a)"#,
    );
}

#[test]
fn augmented_assignments() {
    check(
        "a, b",
        r#"
            x = 1
            x += a + b
            a.n |= f(b)
            a.d["k"] -= 1
            GLOBAL.n += 1"#,
        r#"
            x = 1
            %3 = op + (a, b)
            x = op + (x, %3)
            drop %3
            %4 = a.n
            %5 = call <f>(b)
            %6 = op | (%4, %5)
            a.n := %6
            drop %4, %5, %6
            %7 = a.d
            %8 = %7["k"]
            %9 = 1
            %10 = op - (%8, %9)
            %7["k"] := %10
            drop %7, %8, %10
            %11 = <GLOBAL.n>
            %12 = 1
            %13 = op + (%11, %12)
            <GLOBAL.n> := %13
            drop %13"#,
    );
}

#[test]
fn annotated_assignments() {
    check(
        "a",
        "
            x: int
            x = 1
            y: Store = load(a)
            a.z: int = 2",
        "
            x = 1
            %3: Store = call <load>(a)
            y: Store = %3
            drop %3
            %4 = 2
            a.z := %4",
    );
}

#[test]
fn delete() {
    check(
        "a, b",
        r#"
            del a.x, b["k"]
            del (a, [b])
            del os.environ["X"]"#,
        r#"
            %2 = none
            a.x := %2
            %3 = "k"
            %4 = call b.__delitem__(%3)
            drop %4
            drop a
            drop b
            %5 = "X"
            %6 = call <os.environ.__delitem__>(%5)
            drop %6"#,
    );
}

#[test]
fn temporaries_end_with_their_statement() {
    check(
        "p",
        "
            open(p)
            x = open(p).read()
            return open(p).read()",
        "
            %2 = call <open>(p)
            drop %2
            %3 = call <open>(p)
            %4 = call %3.read()
            x = %4
            drop %3, %4
            %5 = call <open>(p)
            %6 = call %5.read()
            return %6",
    );
}

#[test]
fn if_elif_else() {
    check(
        "a, b",
        "
            if f(a):
                one()
            elif not a and g(b):
                two()
            else:
                three()",
        "
            %2 = call <f>(a)
            branch
              when %2
                drop %2
                %3 = call <one>()
                drop %3
              when not %2
                drop %2
                %4 = op not (a)
                branch
                  when not a
                    %5 = call <g>(b)
                  when a
                %6 = either (%4, %5)
                drop %4
                branch
                  when not a, %5
                    drop %5, %6
                    %7 = call <two>()
                    drop %7
                  when not %6
                    drop %5, %6
                    %8 = call <three>()
                    drop %8",
    );
}

#[test]
fn tests_of_conditions() {
    check(
        "a, b",
        "
            if a is None: one()
            if a is not None or not b: two()
            if a == True: three()
            if not (a and b): four()
            if a.x is None and f(b): five()",
        "
            branch
              when not a
                %2 = call <one>()
                drop %2
              when a
            %3 = none
            %4 = op is not (a, %3)
            %5 = op not (b)
            %6 = either (%4, %5)
            drop %4, %5
            branch
              when %6
                drop %6
                %7 = call <two>()
                drop %7
              when not a, b
                drop %6
            branch
              when a
                %8 = call <three>()
                drop %8
              when not a
            %9 = either (a, b)
            branch
              when not %9
                drop %9
                %10 = call <four>()
                drop %10
              when a, b
                drop %9
            %11 = a.x
            %12 = none
            %13 = op is (%11, %12)
            branch
              when not %11
                %14 = call <f>(b)
              when %11
            %15 = either (%13, %14)
            drop %13
            branch
              when not %11, %14
                drop %11, %14, %15
                %16 = call <five>()
                drop %16
              when not %15
                drop %11, %14, %15",
    );
}

#[test]
fn assert_raises() {
    check(
        "a",
        "
            assert a is not None, f(a)
            assert g(a)",
        "
            branch
              when a
              when not a
                %1 = call <f>(a)
                raise %1
            drop %1
            %2 = call <g>(a)
            branch
              when %2
              when not %2
                raise
            drop %2",
    );
}

#[test]
fn while_loops() {
    check(
        "a",
        "
            while True:
                if a: break
                continue
            while f(a):
                one()
            else:
                two()
            while a:
                break
            else:
                three()",
        "
            loop
              branch
                when a
                  break
                when not a
              continue
            loop
              %1 = call <f>(a)
              branch
                when %1
                  drop %1
                  %2 = call <one>()
                  drop %2
                when not %1
                  drop %1
                  break
            %3 = call <two>()
            drop %3
            loop
              branch
                when a
                  break
                when not a
                  break
            branch
              when
                %4 = call <three>()
                drop %4
              when",
    );
}

#[test]
fn for_loops() {
    check(
        "a",
        "
            for x in f(a).items:
                use(x)
            for i, (x, a.y) in g():
                break
            else:
                two()
            async def h():
                async for x in a: pass",
        "
            %4 = call <f>(a)
            %5 = %4.items
            drop %4
            loop
              x = each of %5
              %6 = call <use>(x)
              drop %6
            drop %5
            %7 = call <g>()
            loop
              %8 = each of %7
              i = element 0 of %8
              %9 = element 1 of %8
              x = element 0 of %9
              %10 = element 1 of %9
              a.y := %10
              drop %8, %9, %10
              break
            drop %7
            branch
              when
                %11 = call <two>()
                drop %11
              when
            h = fn 2
            fn 2 f.h() async in 1
            capture a = %0
            loop
              %2 = each of a
              %3 = await %2
              x = %3
              drop %2, %3",
    );
}

#[test]
fn statements_that_do_nothing() {
    check(
        "a",
        r#"
            """doc"""
            pass
            a
            global g
            ..."#,
        "
",
    );
}
