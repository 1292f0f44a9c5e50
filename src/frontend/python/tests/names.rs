//! What names mean: variables, captured variables, paths.

use super::{check, check_file};

#[test]
fn module_variables_are_names_elsewhere() {
    check_file(
        "
            CONFIG = load()
            CONFIG.go(CONFIG.x)
            def f():
                return CONFIG.go(CONFIG.x.y)",
        "
            fn 0 <module>()
              %1 = call <load>()
              CONFIG = %1
              drop %1
              %2 = CONFIG.x
              %3 = call CONFIG.go(%2)
              drop %2, %3
            fn 1 f()
              %0 = <CONFIG.x.y>
              %1 = call <CONFIG.go>(%0)
              return %1",
    );
}

#[test]
fn imports_functions_and_classes_are_no_variables() {
    check_file(
        "
            try:
                import fcntl
            except ImportError:
                fcntl = None
            def go(): return fcntl.flock(go, A.b)
            class A: pass
            go = wrap(go)
            fcntl.x",
        "
            import fcntl = fcntl
            record A()
            impl A:
            fn 0 <module>()
              try
              except ImportError
                %0 = none
                <fcntl> := %0
              %1 = <go>
              %2 = call <wrap>(%1)
              <go> := %2
              drop %2
              %3 = <fcntl.x>
            fn 1 go()
              %0 = <go>
              %1 = <A.b>
              %2 = call <fcntl.flock>(%0, %1)
              return %2",
    );
}

#[test]
fn global_statement() {
    check_file(
        "
            def f(v):
                global cache
                cache = v
                cache += 1
                del cache
                return cache.x
            cache.y",
        "
            fn 0 <module>()
              %1 = cache.y
              drop %1
            fn 1 f(v)
              <cache> := v
              %1 = <cache>
              %2 = 1
              %3 = op + (%1, %2)
              <cache> := %3
              drop %3
              %4 = none
              <cache> := %4
              %5 = <cache.x>
              return %5",
    );
}

#[test]
fn nonlocal_and_captures_chain_through_functions() {
    check_file(
        "
            def f(a):
                n = 0
                def g():
                    def h():
                        nonlocal n
                        n += a
                        return lambda b: n + b
                    return h
                return g",
        "
            fn 0 <module>()
            fn 1 f(a)
              n = 0
              g = fn 2
              return g
            fn 2 f.g() in 1
              capture n = %1
              capture a = %0
              h = fn 3
              return h
            fn 3 f.g.h() in 2
              capture n = %1
              capture a = %2
              n = op + (n, a)
              %2 = fn 4
              return %2
            fn 4 f.g.h.<lambda>(b) closure in 3
              capture n = %0
              %2 = op + (n, b)
              return %2",
    );
}

#[test]
fn nested_functions_and_local_classes() {
    check_file(
        "
            def f(path):
                @deco
                def inner(): return inner()
                class Local:
                    X = 1
                    def m(self): return path, Local, inner
                return Local(), inner()",
        "
            record Local()
              X
            impl Local: f.Local.m
            fn 0 <module>()
            fn 1 f(path)
              inner = fn 2
              Local.X = 1
              %3 = call <Local>()
              %4 = call inner()
              %5 = (%3, %4)
              return %5
            @deco
            fn 2 f.inner() in 1
              capture inner = %1
              %1 = call inner()
              return %1
            fn 3 f.Local.m(self) receiver in 1
              capture path = %0
              capture inner = %1
              %2 = <Local>
              %4 = (path, %2, inner)
              return %4",
    );
}

#[test]
fn a_local_name_hides_the_module() {
    check_file(
        "
            x = 1
            def f():
                y = x.a
                x = 2
                return x.a
            class C:
                x = 3
                y = x
                def m(self): return x",
        "
            record C()
              x
              y
            impl C: C.m
            fn 0 <module>()
              x = 1
              C.x = 3
              C.y = C.x
            fn 1 f()
              y = x.a
              x = 2
              %2 = x.a
              return %2
            fn 2 C.m(self) receiver
              %1 = <x>
              return %1",
    );
}

#[test]
fn a_comprehension_has_a_scope_of_its_own() {
    check_file(
        "
            x = 1
            y = [x for x in z(x) if (w := x)]
            use(x, w)
            def f(x):
                return [x.a for x in x.b], x",
        "
            fn 0 <module>()
              x'0 = 1
              %2 = call <z>(x'0)
              loop
                x'3 = each of %2
                w = x'3
                branch
                  when w
                  when not w
              y = [x'3]
              drop %2, x'3
              %5 = call <use>(x'0, w)
              drop %5
            fn 1 f(x)
              %1 = x'0.b
              loop
                x'2 = each of %1
                %3 = x'2.a
              %4 = [%3]
              %5 = (%4, x'0)
              return %5",
    );
}

#[test]
fn super_is_a_path() {
    check_file(
        "
            class A(B):
                def f(self):
                    super().f(1)
                    super(A, self).g().h()
                    s = super()
                    return super().x",
        "
            record A(B)
            impl A: A.f
            fn 0 <module>()
            fn 1 A.f(self) receiver
              %2 = 1
              %3 = call <super.f>(%2)
              drop %3
              %4 = call <super.g>()
              %5 = call %4.h()
              drop %4, %5
              %6 = call <super>()
              s = %6
              drop %6
              %7 = <super.x>
              return %7",
    );
}

#[test]
fn assignment_to_a_path() {
    check_file(
        r#"
            import config
            config.PATH = 1
            config.a.b += 2
            config.items["k"] = 3
            config.items[0] = 4"#,
        r#"
            import config = config
            fn 0 <module>()
              %0 = 1
              <config.PATH> := %0
              %1 = <config.a.b>
              %2 = 2
              %3 = op + (%1, %2)
              <config.a.b> := %3
              drop %3
              %4 = 3
              %5 = <config.items>
              %5["k"] := %4
              %6 = 4
              %7 = <config.items>
              %7["0"] := %6"#,
    );
}

#[test]
fn walrus_declares() {
    check(
        "a",
        "
            if (n := a.get()) is not None:
                n.go()
            [y := z for z in a]
            y.go()",
        "
            %1 = call a.get()
            n = %1
            drop %1
            branch
              when n
                %3 = call n.go()
                drop %3
              when not n
            loop
              z = each of a
              y = z
            %6 = [y]
            drop z, %6
            %7 = call y.go()
            drop %7",
    );
}
