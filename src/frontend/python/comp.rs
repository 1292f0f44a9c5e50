//! Comprehensions and generator expressions: loops in place, whose result is a collection of the elements.

use ruff_python_ast::{Comprehension, Expr};
use ruff_text_size::{Ranged, TextRange};

use super::build::{Lowerer, span};
use crate::ir::{Arm, Op, Value, Var};

impl Lowerer<'_> {
    /// The loops of a comprehension; its value is the collection of the element's parts.
    pub(super) fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr], range: TextRange) -> Value {
        let Some(first) = generators.first() else { return Value::Unknown };
        // The first iterable is evaluated outside of the comprehension's own scope.
        let iter = self.expr(&first.iter);
        self.open_comprehension(generators.iter().map(|g| &g.target));
        let mut parts = Vec::new();
        self.generator(iter, generators, elements, &mut parts, range);
        self.close_scope();
        Value::Collection(parts)
    }

    fn generator(&mut self, iter: Var, generators: &[Comprehension], elements: &[&Expr], parts: &mut Vec<Var>, range: TextRange) {
        let body = self.block(|l| {
            l.each(&generators[0].target, iter, generators[0].is_async, range);
            l.filtered(&generators[0].ifs, generators, elements, parts, range);
        });
        self.emit(Op::Loop { body, span: span(range) });
    }

    /// What runs for the elements that pass the conditions.
    fn filtered(&mut self, ifs: &[Expr], generators: &[Comprehension], elements: &[&Expr], parts: &mut Vec<Var>, range: TextRange) {
        self.deeper(range, |l| match (ifs, generators) {
            ([condition, rest @ ..], _) => {
                let tested = l.test(condition, false);
                let body = l.block(|l| l.filtered(rest, generators, elements, parts, range));
                let arms = vec![Arm { tests: tested.yes, body }, Arm { tests: tested.no, body: Vec::new() }];
                l.emit(Op::Branch { arms, span: span(condition.range()) });
            }
            ([], [_, inner @ ..]) if !inner.is_empty() => {
                let iter = l.expr(&inner[0].iter);
                l.generator(iter, inner, elements, parts, range);
            }
            _ => parts.extend(elements.iter().map(|e| l.expr(e))),
        });
    }

    /// The head of a loop: the target takes an element. An asynchronous one is awaited.
    pub(super) fn each(&mut self, target: &Expr, iter: Var, is_async: bool, range: TextRange) {
        let mut value = Value::Each(iter);
        if is_async {
            let next = self.bind(value, target.range());
            let dst = self.temp();
            self.emit(Op::Await { dst, value: next, span: span(target.range()) });
            value = Value::Var(dst);
        }
        self.assign(target, value, TextRange::new(target.start(), range.end().max(target.end())));
    }
}
