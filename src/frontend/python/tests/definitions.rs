//! Definitions: imports, classes, functions, parameters, decorators, types.

use super::check_file;

#[test]
fn imports_at_any_depth() {
    check_file(
        "
            import a.b.c
            import d.e as f
            from g.h import i, j as k
            from . import l
            from ..m import n as o
            from p import *
            from __future__ import annotations
            def q():
                try:
                    import r
                except ImportError:
                    from s import r
                r.go(a.b, k.x)",
        "
            import a = a
            import f = d.e
            import i = g.h.i
            import k = g.h.j
            import l = .l
            import o = ..m.n
            import * = p
            import r = r
            import r = s.r
            fn 0 <module>()
            fn 1 q()
              try
              except ImportError
              %0 = <a.b>
              %1 = <k.x>
              %2 = call <r.go>(%0, %1)
              drop %2",
    );
}

#[test]
fn classes_nest_and_keep_their_variables_in_the_module() {
    check_file(
        r#"
            class Store(Base, Generic[T]):
                PATH = Path("x")
                items: list[str]
                size: int = 3
                COPY = PATH
                class Kind(enum.Enum):
                    A = 1
                    def go(self):
                        return PATH, Store.PATH
                def add(self, path=PATH):
                    pass"#,
        r#"
            record Store(Base, Generic[T])
              PATH
              items: list[str]
              size: int
              COPY
            enum Store::Kind(enum.Enum)
              A
            impl Store: Store.add
            impl Store.Kind: Store.Kind.go
            fn 0 <module>()
              %3 = "x"
              %4 = call <Path>(%3)
              Store.PATH = %4
              drop %4
              Store.size: int = 3
              Store.COPY = Store.PATH
              Store.Kind.A = 1
            fn 1 Store.Kind.go(self) receiver
              %1 = <PATH>
              %2 = <Store.PATH>
              %3 = (%1, %2)
              return %3
            fn 2 Store.add(self, path = <Store.PATH>) receiver"#,
    );
}

#[test]
fn dataclass_fields() {
    check_file(
        r#"
            @dataclasses.dataclass(frozen=True, order=CONST)
            class Point:
                x: int
                y: "Optional[Path]" = None
                tags: list[str] = dataclasses.field(default_factory=list)"#,
        "
            @dataclasses.dataclass(frozen=true, order=<CONST>)
            record Point()
              x: int
              y: Optional[Path]
              tags: list[str]
            impl Point:
            fn 0 <module>()
              Point.y: Optional[Path] = none
              %2 = <list>
              %3: list[str] = call <dataclasses.field>(default_factory=%2)
              Point.tags: list[str] = %3
              drop %3",
    );
}

#[test]
fn kinds_of_types() {
    check_file(
        r#"
            class P(Protocol):
                def run(self) -> int: ...
            class E(StrEnum):
                A = "a"
            type Alias[T: Base] = dict[str, T]
            Old: TypeAlias = "list[int]""#,
        r#"
            trait P(Protocol)
            enum E(StrEnum)
              A
            alias Alias(dict[str, Base])
            alias Old(list[int])
            impl P: P.run
            impl E:
            fn 0 <module>()
              E.A = "a"
              Old: TypeAlias = "list[int]"
            fn 1 P.run(self) -> int receiver abstract"#,
    );
}

#[test]
fn kinds_of_methods() {
    check_file(
        r#"
            class A:
                @property
                def p(self): return 1
                @p.setter
                def p(self, v): self._p = v
                @staticmethod
                def s(x): pass
                @classmethod
                def c(cls): return cls()
                def __new__(cls): return super().__new__(cls)
                @functools.cached_property
                async def q(self): yield 1
                @abstractmethod
                def a(self): """doc"""
                def b(self): raise NotImplementedError()"#,
        "
            record A()
            impl A: A.p, A.p, A.s, A.c, A.__new__, A.q, A.a, A.b
            fn 0 <module>()
            @property
            fn 1 A.p(self) receiver property
              %1 = 1
              return %1
            @p.setter
            fn 2 A.p(self, v) receiver
              self._p := v
            @staticmethod
            fn 3 A.s(x)
            @classmethod
            fn 4 A.c(cls) receiver classmethod
              %1 = call cls()
              return %1
            fn 5 A.__new__(cls) receiver classmethod
              %1 = call <super.__new__>(cls)
              return %1
            @functools.cached_property
            fn 6 A.q(self) async generator receiver property cached
              %1 = 1
              %2 = yield %1
              drop %2
            @abstractmethod
            fn 7 A.a(self) receiver abstract
            fn 8 A.b(self) receiver abstract
              %1 = call <NotImplementedError>()
              raise %1",
    );
}

#[test]
fn parameters() {
    check_file(
        r#"
            DEFAULT = "d"
            def f(a, b: int = 1, /, c=-2, *args: str, d, e: Path | None = DEFAULT, g=h.i, j=k(), l="t", m=[], **kw: int) -> tuple[int, ...]:
                def n(o=a, p=None): pass"#,
        r#"
            fn 0 <module>()
              DEFAULT = "d"
              %2 = call <k>()
              f(j) = %2
            fn 1 f(a, b: int = 1, c = -2, *args: str, kw d, kw e: Optional[Path] = <DEFAULT>, kw g = <h.i>, kw j = <f(j)>, kw l = "t", kw m = [], **kw: int) -> ()[int]
              n = fn 2
            fn 2 f.n(o = ?, p = none) in 1"#,
    );
}

#[test]
fn decorators() {
    check_file(
        r#"
            @plain
            @a.b.called(1, LOCK, "x", key=c.d, other=e())
            def f(): pass
            @(lambda f: f)
            def g(): pass"#,
        r#"
            fn 0 <module>()
            @plain
            @a.b.called(1, <LOCK>, "x", key=<c.d>, other=?)
            fn 1 f()
            fn 2 g()"#,
    );
}

#[test]
fn annotations() {
    check_file(
        r#"
            def f(
                a: Optional[int], b: Union[int, str], c: Union[int, None], d: int | None, e: "int | str | None", g: Callable[[int], "Out"],
                h: Annotated[Path, "doc"], i: typing.Literal["x"], j: tuple[int, str], k: dict[str, list["B"]], l: Final, m: "not a type", n: typing.Self,
            ): pass"#,
        "
            fn 0 <module>()
            fn 1 f(a: Optional[int], b: Union[int, str], c: Optional[int], d: Optional[int], e: Optional[Union[int, str]], g: Callable[Out], h: Path, i: typing.Literal, j: ()[int, str], k: dict[str, list[B]], l, m, n: Self)",
    );
}

#[test]
fn type_parameters_stand_for_their_bounds() {
    check_file(
        "
            def f[T: Store, U](x: T, y: U) -> list[T]: pass
            class A[T: Store]:
                x: T
            def g(x: T): pass",
        "
            record A()
              x: Store
            impl A:
            fn 0 <module>()
            fn 1 f(x: Store, y: U) -> list[Store]
            fn 2 g(x: T)",
    );
}

#[test]
fn an_annotated_receiver_field_is_a_field() {
    check_file(
        "
            class A:
                def __init__(self):
                    self.x: dict[str, Store] = load()
                    self.y = 1",
        "
            record A()
              x: dict[str, Store]
            impl A: A.__init__
            fn 0 <module>()
            fn 1 A.__init__(self) receiver
              %1: dict[str, Store] = call <load>()
              self.x := %1
              drop %1
              %2 = 1
              self.y := %2",
    );
}
