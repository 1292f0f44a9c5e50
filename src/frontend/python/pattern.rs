//! `match`: its cases and what their patterns bind.

use ruff_python_ast::{Expr, MatchCase, Pattern, Singleton, StmtMatch};
use ruff_text_size::{Ranged, TextRange};

use super::bindings;
use super::build::{Lowerer, span};
use crate::ir::{Arm, Block, Op, Test, Value, Var};
use crate::source::Sym;

impl Lowerer<'_> {
    pub(super) fn match_stmt(&mut self, s: &StmtMatch) {
        let mark = self.mark();
        let subject = self.expr(&s.subject);
        self.drop_since(mark, &[subject], s.subject.range());
        self.cases(&s.cases, subject, false, s.range);
        self.drop_since(mark, &[], s.range);
    }

    /// The cases up to the first with a guard are arms of one branch; a guard that fails goes on with the cases after it.
    fn cases(&mut self, cases: &[MatchCase], subject: Var, mut not_none: bool, range: TextRange) {
        let mut arms = Vec::new();
        let mut covered = false;
        for (n, case) in cases.iter().enumerate() {
            if let Some(guard) = &case.guard {
                let body = self.block(|l| {
                    l.deeper(case.range, |l| l.guarded(case, guard, &cases[n + 1..], subject, not_none, range));
                });
                arms.push(Arm { tests: Vec::new(), body });
                covered = true;
                break;
            }
            let tests = tests_of(&case.pattern, subject, not_none);
            let body = self.block(|l| {
                l.bind_pattern(&case.pattern, subject);
                l.body(&case.body);
            });
            arms.push(Arm { tests, body });
            not_none |= matches!(&case.pattern, Pattern::MatchSingleton(p) if p.value == Singleton::None);
            covered = case.pattern.is_irrefutable();
        }
        if !covered {
            arms.push(Arm { tests: Vec::new(), body: Block::new() });
        }
        if let [Arm { tests, .. }] = &arms[..]
            && tests.is_empty()
        {
            let only = arms.pop().map(|a| a.body).unwrap_or_default();
            return self.append(only);
        }
        self.emit(Op::Branch { arms, span: span(range) });
    }

    fn guarded(&mut self, case: &MatchCase, guard: &Expr, rest: &[MatchCase], subject: Var, not_none: bool, range: TextRange) {
        self.bind_pattern(&case.pattern, subject);
        let tested = self.test(guard, false);
        let holds = self.block(|l| l.body(&case.body));
        let fails = self.block(|l| {
            if !rest.is_empty() {
                l.cases(rest, subject, not_none, range);
            }
        });
        let arms = vec![Arm { tests: tested.yes, body: holds }, Arm { tests: tested.no, body: fails }];
        self.emit(Op::Branch { arms, span: span(case.range) });
    }

    fn bind_pattern(&mut self, pattern: &Pattern, subject: Var) {
        let mark = self.mark();
        self.pattern(pattern, subject);
        self.drop_since(mark, &[], pattern.range());
    }

    /// Binds what a pattern names in a value.
    fn pattern(&mut self, pattern: &Pattern, value: Var) {
        self.deeper(pattern.range(), |l| l.pattern_here(pattern, value));
    }

    fn pattern_here(&mut self, pattern: &Pattern, value: Var) {
        let range = pattern.range();
        match pattern {
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
            Pattern::MatchAs(p) => {
                if let Some(inner) = &p.pattern {
                    self.pattern(inner, value);
                }
                if let Some(name) = &p.name {
                    self.assign_name(Sym::new(name.as_str()), Value::Var(value), None, range);
                }
            }
            Pattern::MatchStar(p) => {
                if let Some(name) = &p.name {
                    self.assign_name(Sym::new(name.as_str()), Value::Derived(vec![value]), None, range);
                }
            }
            Pattern::MatchSequence(p) => self.sequence(&p.patterns, value),
            Pattern::MatchMapping(p) => {
                for (key, inner) in p.keys.iter().zip(&p.patterns) {
                    let key = self.key(key);
                    self.part(inner, Value::Item(value, key));
                }
                if let Some(rest) = &p.rest {
                    self.assign_name(Sym::new(rest.as_str()), Value::Derived(vec![value]), None, range);
                }
            }
            Pattern::MatchClass(p) => {
                for (n, inner) in p.arguments.patterns.iter().enumerate() {
                    self.part(inner, Value::Element(value, n as u32));
                }
                for keyword in &p.arguments.keywords {
                    self.part(&keyword.pattern, Value::Field(value, Sym::new(keyword.attr.as_str())));
                }
            }
            Pattern::MatchOr(p) => self.alternatives(&p.patterns, value, range),
        }
    }

    fn sequence(&mut self, patterns: &[Pattern], value: Var) {
        let mut after_star = false;
        for (n, inner) in patterns.iter().enumerate() {
            if let Pattern::MatchStar(_) = inner {
                after_star = true;
                self.pattern(inner, value);
            } else if after_star {
                self.part(inner, Value::Derived(vec![value]));
            } else {
                self.part(inner, Value::Element(value, n as u32));
            }
        }
    }

    /// A pattern inside another. Where it names nothing nothing is taken out.
    fn part(&mut self, pattern: &Pattern, value: Value) {
        if let Pattern::MatchAs(p) = pattern
            && p.pattern.is_none()
            && let Some(name) = &p.name
        {
            return self.assign_name(Sym::new(name.as_str()), value, None, pattern.range());
        }
        if !bindings::of_pattern(pattern).is_empty() {
            let part = self.bind(value, pattern.range());
            self.pattern(pattern, part);
        }
    }

    /// `p | q`: both bind the same names, one of them did.
    fn alternatives(&mut self, patterns: &[Pattern], value: Var, range: TextRange) {
        if patterns.iter().all(|p| bindings::of_pattern(p).is_empty()) {
            return;
        }
        let mut arms = Vec::new();
        for p in patterns {
            arms.push(Arm { tests: Vec::new(), body: self.block(|l| l.pattern(p, value)) });
        }
        self.emit(Op::Branch { arms, span: span(range) });
    }
}

/// What a pattern says of the truth of the subject.
fn tests_of(pattern: &Pattern, var: Var, not_none: bool) -> Vec<Test> {
    match pattern {
        Pattern::MatchSingleton(p) => vec![Test { var, truth: p.value == Singleton::True, itself: p.value != Singleton::None }],
        Pattern::MatchAs(p) if p.pattern.is_none() && not_none => vec![Test { var, truth: true, itself: false }],
        Pattern::MatchAs(p) => p.pattern.as_deref().map(|inner| tests_of(inner, var, not_none)).unwrap_or_default(),
        _ => Vec::new(),
    }
}
