//! Branches, loops, patterns, scopes.

use super::body_is;

#[test]
fn if_tests_its_variable() {
    body_is(
        "fn f(a: A) -> u8 { if a { 1 } else if !a.x() { 2 } else { return 3 } }",
        "
        branch
          when a
            %2 = 1
            %1 = %2
          when not a
            %4 = call a.x()
            branch
              when not %4
                %5 = 2
                %3 = %5
              when %4
                %6 = 3
                return %6
            %1 = %3
            drop %4, %3
        return %1
        ",
    );
}

#[test]
fn if_let_binds_in_its_arm() {
    body_is(
        "fn f(a: A) { if let Some(x) = a.get() { x.go(); } else { b(); } }",
        "
        %1 = call a.get()
        branch
          when %1
            block x
              x = element 0 of %1
              %3 = call x.go()
              drop %3
          when not %1
            %4 = call <b>()
            drop %4
        drop %1
        ",
    );
}

#[test]
fn let_chains() {
    body_is(
        "fn f(a: A) { if let Some(x) = a.get() && x.ok() && let Ok(y) = x.y() { g(y); } }",
        "
        block x, y
          %1 = call a.get()
          x = element 0 of %1
          branch
            when %1
              %3 = call x.ok()
            when not %1
          branch
            when %1, %3
              %4 = call x.y()
              y = element 0 of %4
            when
          branch
            when %1, %3, %4
              %6 = call <g>(y)
              drop %6
            when
        drop %4, %3, %1
        ",
    );
}

#[test]
fn conjunctions_hold_in_the_arm() {
    body_is(
        "fn f(a: A, b: B) { if a && !b { c(); } if a || b.x() { d(); } }",
        "
        branch
          when a, not b
            %2 = call <c>()
            drop %2
          when
        branch
          when not a
            %3 = call b.x()
          when a
        branch
          when
            %4 = call <d>()
            drop %4
          when not a, not %3
        drop %3
        ",
    );
}

#[test]
fn questions_about_a_variable_say_something_of_it() {
    body_is(
        "fn f(a: A) { if a.is_none() { c(); } if matches!(a, Ok(x) if x > 1) { d(); } }",
        "
        %1 = call a.is_none()
        branch
          when %1, not a
            %2 = call <c>()
            drop %2
          when not %1, a
        drop %1
        block x
          x = element 0 of a
          %4 = 1
          %5 = op > (x, %4)
        %6 = op matches (a, %5)
        drop %5
        branch
          when %6, a
            %7 = call <d>()
            drop %7
          when not %6
        drop %6
        ",
    );
}

#[test]
fn let_else() {
    body_is(
        "fn f(a: A) -> u8 { let Ok(x) = a.get() else { return 0 }; x }",
        "
        %1 = call a.get()
        branch
          when %1
          when not %1
            %2 = 0
            return %2
        x = element 0 of %1
        drop %1
        return x
        ",
    );
}

#[test]
fn match_arms_test_and_bind() {
    body_is(
        "fn f(a: A) -> u8 { match a.get() { Some(x) => x, None => 0 } }",
        "
        %1 = call a.get()
        branch
          when %1
            block x
              x = element 0 of %1
              %2 = x
          when not %1
            %4 = 0
            %2 = %4
        return %2
        ",
    );
}

#[test]
fn match_guards_with_calls_run_before_later_arms() {
    body_is(
        "fn f(a: A) { match a.get() { Ok(v) if v > 1 => g(v), Err(e) if e.kind() == K::NotFound => {} _ => h() } }",
        "
        %1 = call a.get()
        branch
          when %1
            block v
              v = element 0 of %1
              %3 = 1
              %4 = op > (v, %3)
              drop %4
              %5 = call <g>(v)
              drop %5
          when
            block e
              e = ?
              %7 = call e.kind()
              %8 = <K.NotFound>
              %9 = op == (%7, %8)
              drop %7
              branch
                when not %1, %9
                when
                  branch
                    when
                      %10 = call <h>()
                      drop %10
        drop %9, %1
        ",
    );
}

#[test]
fn match_on_names_compares() {
    body_is(
        "fn f(e: E) { match e.kind() { K::A | K::B => g(), K::C => h(), _ => {} } }",
        "
        %1 = call e.kind()
        %2 = <K.A>
        %3 = <K.B>
        %4 = op == (%1, %2, %3)
        %6 = <K.C>
        %7 = op == (%1, %6)
        branch
          when %4
            %5 = call <g>()
            drop %5
          when %7
            %8 = call <h>()
            drop %8
          when
        drop %7, %4, %1
        ",
    );
}

#[test]
fn match_on_tuples_tests_parts() {
    body_is(
        "fn f(a: A, b: B) { match (a, b.x()) { (Some(x), None) => g(x), (_, Some((y, ..))) => h(y), _ => {} } }",
        "
        %2 = call b.x()
        %3 = (a, %2)
        branch
          when a, not %2
            block x
              %4 = element 0 of %3
              x = element 0 of %4
              %6 = call <g>(x)
              drop %6, %4
          when %2
            block y
              %7 = element 1 of %3
              %8 = element 0 of %7
              y = element 0 of %8
              %10 = call <h>(y)
              drop %10, %8, %7
          when
        drop %3, %2
        ",
    );
}

#[test]
fn patterns_take_values_apart() {
    body_is(
        "fn f((a, S { x, y: T(z, _), .. }): (A, S)) { let [p, .., q] = a; let n @ &(m, _) = x; match z { E::V(w) | E::U(w) => g(w, Some(1)), MAX => {} true => {} Err(k) => h(k) } }",
        "
        a = element 0 of %0
        %2 = element 1 of %0
        x = x of %2 as <S>
        %4 = y of %2 as <S>
        z = 0 of %4 as <T>
        p = element 0 of a
        q = derived (a)
        n = x
        m = element 0 of x
        branch
          when
            block w
              w = 0 of z as <E.V>
              %11 = 1
              %12 = call <Some>(%11)
              %13 = call <g>(w, %12)
              drop %13, %12
          when
          when z
          when not z
            block k
              k = ?
              %15 = call <h>(k)
              drop %15
        ",
    );
}

#[test]
fn for_takes_each() {
    body_is(
        "fn f(a: A) { for x in a.iter() { g(x); } for (i, y) in a { if i { continue; } } }",
        "
        %1 = call a.iter()
        loop
          x = each of %1
          %3 = call <g>(x)
          drop %3
          drop x
        drop %1
        loop
          %4 = each of a
          i = element 0 of %4
          y = element 1 of %4
          branch
            when i
              continue
            when not i
          drop %4
          drop y, i
        ",
    );
}

#[test]
fn while_tests_in_the_body() {
    body_is(
        "fn f(a: A) { while a.more() { g(); } while let Some(x) = a.next() { h(x); } while let Some(y) = a.peek() && y.ok() { i(y); } }",
        "
        loop
          %1 = call a.more()
          branch
            when %1
              %2 = call <g>()
              drop %2
            when not %1
              break
          drop %1
        loop
          %3 = call a.next()
          branch
            when %3
              block x
                x = element 0 of %3
                %5 = call <h>(x)
                drop %5
            when not %3
              break
          drop %3
        loop
          block y
            %6 = call a.peek()
            y = element 0 of %6
            branch
              when %6
                %8 = call y.ok()
              when not %6
            branch
              when %6, %8
                %9 = call <i>(y)
                drop %9
              when
                break
            drop %8, %6
        ",
    );
}

#[test]
fn loops_and_breaks_with_values() {
    body_is(
        "fn f(a: A) -> u8 { let n = loop { if a { break 1; } }; 'o: for x in a { for y in x { if y { break 'o; } continue 'o; } } 'b: { if a { break 'b 2 } 3 } }",
        "
        loop
          branch
            when a
              %2 = 1
              %1 = %2
              break
            when not a
        n = %1
        drop %1
        loop
          x = each of a
          loop
            y = each of x
            branch
              when y
                break 1
              when not y
            continue 1
          drop x
        loop
          branch
            when a
              %7 = 2
              %6 = %7
              break
            when not a
          %8 = 3
          %6 = %8
          break
        return %6
        ",
    );
}

#[test]
fn statement_items_and_shadowing() {
    body_is(
        "fn f(a: A) { let a = a.x(); { let a = a.y(); g(a); } g(a); let u; u = 1; }",
        "
        %1 = call a'0.x()
        a'2 = %1
        drop %1
        block a'4
          %3 = call a'2.y()
          a'4 = %3
          drop %3
          %5 = call <g>(a'4)
          drop %5
        %6 = call <g>(a'2)
        drop %6
        u = 1
        ",
    );
}

#[test]
fn what_a_question_mark_takes_out_is_tested_as_something_else() {
    body_is(
        "fn f(a: A) { if a.ok()? { b(); } match a.ok() { Ok(true) => b(), Ok(_) => {} Err(_) => c() } }",
        "
        %1 = call a.ok()
        %2 = %1
        drop %1
        branch
          when %2
            %3 = call <b>()
            drop %3
          when not %2
        drop %2
        %4 = call a.ok()
        %5 = element 0 of %4
        branch
          when %4, %5
            %6 = call <b>()
            drop %6
          when %4
          when not %4
            %7 = call <c>()
            drop %7
        drop %5, %4
        ",
    );
}

#[test]
fn a_method_of_a_guard_is_one_of_what_is_behind_it() {
    body_is(
        "fn f(m: M) { let g = m.lock().unwrap(); g.a(); let h = m.lock(); h.a(); }",
        "
        %1 = call m.lock()
        %2 = call %1.unwrap()
        g = %2
        drop %2, %1
        %4 = *g
        %5 = call %4.a()
        drop %5, %4
        %6 = call m.lock()
        h = %6
        drop %6
        %8 = call h.a()
        drop %8
        ",
    );
}
