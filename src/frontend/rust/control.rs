//! Branches and loops.

use syn::{BinOp, Expr, UnOp};

use super::attr::says_test;
use super::build::{Lowering, Target};
use super::expr::{Want, peel};
use super::pattern::{Tests, is_irrefutable};
use super::types::ident;
use crate::ir::{Arm, Block, Op, Scope, Test, Value, Var, each_op};
use crate::source::{Span, Sym};

/// Past this many guards with calls, those of one `match` are taken as if they stood in their arms.
const MAX_NESTED_GUARDS: u32 = 16;

/// What the arms of one `match` share.
struct Matching<'w> {
    value: Var,
    /// The parts of a tuple that is matched.
    parts: Option<Vec<Var>>,
    result: Option<Var>,
    want: Want<'w>,
    span: Span,
}

/// What the arms so far leave for `_`.
#[derive(Default)]
struct Covered {
    yes: bool,
    no: bool,
}

impl Covered {
    /// What the arms so far leave open of the value.
    fn left(&self, var: Var) -> Vec<Test> {
        match (self.yes, self.no) {
            (true, false) => vec![Test { var, truth: false, itself: false }],
            (false, true) => vec![Test { var, truth: true, itself: false }],
            _ => vec![],
        }
    }
}

impl Lowering {
    /// The variable for the value of something that has several ways, if it is wanted.
    fn result_of(&mut self, want: Want<'_>) -> Option<Var> {
        want.value().then(|| self.temp())
    }

    /// One way's ops: `f`, whose value becomes the result, then the temporaries drop.
    pub(super) fn way(&mut self, result: Option<Var>, span: Span, f: impl FnOnce(&mut Self) -> Option<Var>) {
        self.open_temps();
        let value = f(self);
        if let Some(result) = result
            && !self.ended()
        {
            self.assign(result, value.map_or(Value::None, Value::Var), span);
        }
        self.close_temps(&[], span);
    }

    // Branches.

    /// `if`, also with `let`.
    pub(super) fn if_expr(&mut self, x: &syn::ExprIf, want: Want<'_>, span: Span) -> Option<Var> {
        let result = if x.else_branch.is_some() { self.result_of(want) } else { None };
        let then_span = self.places.block(&x.then_branch);
        self.scoped(span, |s| {
            let chain = super::cond::has_let(&x.cond);
            if let Expr::Let(l) = peel(&x.cond) {
                let value = s.expr(&l.expr);
                let tests = s.pattern_tests(&l.pat, value, None);
                let body = s.ops(|s| {
                    s.scoped(then_span, |s| {
                        s.way(result, then_span, |s| {
                            s.bind_pattern(&l.pat, value, None, true);
                            s.block(&x.then_branch, want)
                        });
                    });
                });
                return s.branch(tests, Some(body), x, result, want, span);
            }
            s.open_temps();
            let tests = s.condition(&x.cond);
            if chain {
                s.merge_temps();
            } else {
                s.close_temps(&both(&tests), span);
            }
            let body = match decided(&x.cond) {
                Some(false) => None,
                _ => Some(s.ops(|s| s.way(result, then_span, |s| s.block(&x.then_branch, want)))),
            };
            s.branch(tests, body, x, result, want, span);
        });
        result
    }

    /// `then`: nothing where only test builds come there.
    fn branch(&mut self, tests: Tests, then: Option<Block>, x: &syn::ExprIf, result: Option<Var>, want: Want<'_>, span: Span) {
        let mut arms: Vec<Arm> = then.map(|body| Arm { tests: tests.yes, body }).into_iter().collect();
        if decided(&x.cond) != Some(true) {
            let body = self.ops(|s| {
                if let Some((_, e)) = &x.else_branch {
                    let else_span = s.places.expr(e);
                    s.way(result, else_span, |s| s.lower(e, want));
                }
            });
            arms.push(Arm { tests: tests.no, body });
        }
        self.emit(Op::Branch { arms, span });
    }

    /// One of several expressions, whichever it is.
    pub(super) fn one_of<'a>(&mut self, ways: impl Iterator<Item = &'a Expr>, want: Want<'_>, span: Span) -> Option<Var> {
        let result = self.result_of(want);
        let arm = |e| {
            let span = self.places.expr(e);
            Arm { tests: vec![], body: self.ops(|s| s.way(result, span, |s| s.lower(e, want))) }
        };
        let arms = ways.map(arm).collect();
        self.emit(Op::Branch { arms, span });
        result
    }

    /// `match`.
    pub(super) fn match_expr(&mut self, x: &syn::ExprMatch, want: Want<'_>, span: Span) -> Option<Var> {
        let (value, parts) = match peel(&x.expr) {
            Expr::Tuple(t) if !t.elems.is_empty() => {
                let parts: Vec<Var> = t.elems.iter().map(|e| self.expr(e)).collect();
                let place = self.places.expr(&x.expr);
                (self.let_temp(Value::Tuple(parts.clone()), place), Some(parts))
            }
            e => (self.tested(e), None),
        };
        let result = self.result_of(want);
        let matching = Matching { value, parts, result, want, span };
        self.match_arms(&x.arms, &matching, Covered::default(), 0);
        result
    }

    /// The arms from here on. A guard with calls runs before the later arms are tried, so these stand inside its other way.
    fn match_arms(&mut self, arms: &[syn::Arm], m: &Matching<'_>, mut covered: Covered, guards: u32) {
        let mut out = vec![];
        for (i, arm) in arms.iter().enumerate() {
            let tests = self.arm_tests(arm, m, &covered);
            let left = covered.left(m.value);
            let guard = if let syn::Pat::Guard(g) = &arm.pat { Some(&*g.guard) } else { None };
            match guard {
                Some(guard) if guards < MAX_NESTED_GUARDS && super::cond::has_call(guard) => {
                    let body = self.ops(|s| s.guarded_arm(arm, guard, tests, &arms[i + 1..], m, covered, guards + 1));
                    out.push(Arm { tests: left, body });
                    self.emit(Op::Branch { arms: out, span: m.span });
                    return;
                }
                _ => {
                    covered.yes |= guard.is_none() && says(&tests.no, m.value, false);
                    covered.no |= guard.is_none() && says(&tests.no, m.value, true);
                    let body = self.ops(|s| s.arm_body(arm, guard, m));
                    out.push(Arm { tests: tests.yes, body });
                }
            }
        }
        if !out.is_empty() {
            self.emit(Op::Branch { arms: out, span: m.span });
        }
    }

    fn arm_tests(&mut self, arm: &syn::Arm, m: &Matching<'_>, covered: &Covered) -> Tests {
        let pat = if let syn::Pat::Guard(g) = &arm.pat { &*g.pat } else { &arm.pat };
        if is_irrefutable(pat) {
            return Tests { yes: covered.left(m.value), no: vec![] };
        }
        self.pattern_tests(pat, m.value, m.parts.as_deref())
    }

    fn arm_body(&mut self, arm: &syn::Arm, guard: Option<&Expr>, m: &Matching<'_>) {
        let span = self.places.expr(&arm.body);
        self.scoped(span, |s| {
            s.way(m.result, span, |s| {
                s.bind_pattern(&arm.pat, m.value, None, true);
                if let Some(guard) = guard {
                    s.statement(guard);
                }
                s.lower(&arm.body, m.want)
            });
        });
    }

    #[allow(clippy::too_many_arguments, reason = "the state of one walk over arms")]
    fn guarded_arm(
        &mut self,
        arm: &syn::Arm,
        guard: &Expr,
        pattern: Tests,
        rest: &[syn::Arm],
        m: &Matching<'_>,
        covered: Covered,
        guards: u32,
    ) {
        let span = self.places.expr(&arm.body);
        self.open_scope();
        let mut arms = vec![];
        let mut body = self.ops(|s| {
            s.bind_pattern(&arm.pat, m.value, None, true);
            s.open_temps();
            let tests = s.condition(guard);
            s.close_temps(&both(&tests), span);
            let then = s.ops(|s| s.way(m.result, span, |s| s.lower(&arm.body, m.want)));
            arms.push(Arm { tests: pattern.yes.into_iter().chain(tests.yes).collect(), body: then });
        });
        let locals = self.close_scope();
        let otherwise = self.ops(|s| {
            s.deeper(span, |s| s.match_arms(rest, m, covered, guards));
        });
        arms.push(Arm { tests: vec![], body: otherwise });
        body.push(Op::Branch { arms, span: m.span });
        if locals.is_empty() {
            self.splice(body);
        } else {
            self.emit(Op::Scope { kind: Scope::Block { body, locals }, span });
        }
    }

    // Loops.

    fn in_loop(&mut self, label: Option<&syn::Label>, result: Option<Var>, is_block: bool, f: impl FnOnce(&mut Self)) {
        let label = label.map(|l| ident(&l.name.ident));
        self.frame().loops.push(Target { label, result, is_block });
        f(self);
        self.frame().loops.pop();
    }

    /// `for`.
    pub(super) fn for_loop(&mut self, x: &syn::ExprForLoop, span: Span) -> Option<Var> {
        let iter = self.expr(&x.expr);
        self.open_scope();
        let mut body = self.ops(|s| {
            s.open_temps();
            s.bind_each(&x.pat, iter);
            s.in_loop(x.label.as_ref(), None, false, |s| s.way_of_block(&x.body));
            s.close_temps(&[], span);
        });
        let mut vars = self.close_scope();
        if !vars.is_empty() && !matches!(body.last(), Some(Op::Return { .. } | Op::Break(_) | Op::Continue(_) | Op::Raise { .. })) {
            vars.reverse();
            body.push(Op::Drop { vars, span, discarded: None });
        }
        self.emit(Op::Loop { body, span });
        None
    }

    fn way_of_block(&mut self, block: &syn::Block) {
        let span = self.places.block(block);
        self.way(None, span, |s| s.block(block, Want::Nothing));
    }

    /// `loop`, whose value is that of its `break`s.
    pub(super) fn loop_expr(&mut self, x: &syn::ExprLoop, want: Want<'_>, span: Span) -> Option<Var> {
        let result = self.result_of(want);
        let body = self.ops(|s| s.in_loop(x.label.as_ref(), result, false, |s| s.way_of_block(&x.body)));
        let mut ends = false;
        each_op(&body, &mut |op| ends |= matches!(op, Op::Break(_)));
        self.emit(Op::Loop { body, span });
        if !ends {
            // It is left by a return, or never.
            self.emit(Op::Raise { value: None, span });
        }
        result
    }

    /// `while`, also with `let`: the condition is tested in the body.
    pub(super) fn while_loop(&mut self, x: &syn::ExprWhile, span: Span) -> Option<Var> {
        let body_span = self.places.block(&x.body);
        let body = self.ops(|s| {
            s.scoped(span, |s| {
                s.open_temps();
                let single = if let Expr::Let(l) = peel(&x.cond) { Some(l) } else { None };
                let (tests, value) = match single {
                    Some(l) => {
                        let value = s.expr(&l.expr);
                        (s.pattern_tests(&l.pat, value, None), Some(value))
                    }
                    None => {
                        s.open_temps();
                        let tests = s.condition(&x.cond);
                        if super::cond::has_let(&x.cond) {
                            s.merge_temps();
                        } else {
                            s.close_temps(&both(&tests), span);
                        }
                        (tests, None)
                    }
                };
                let then = s.ops(|s| {
                    s.scoped(body_span, |s| {
                        if let (Some(l), Some(value)) = (single, value) {
                            s.bind_pattern(&l.pat, value, None, true);
                        }
                        s.in_loop(x.label.as_ref(), None, false, |s| s.way_of_block(&x.body));
                    });
                });
                let arms = vec![Arm { tests: tests.yes, body: then }, Arm { tests: tests.no, body: vec![Op::Break(0)] }];
                s.emit(Op::Branch { arms, span });
                s.close_temps(&[], span);
            });
        });
        self.emit(Op::Loop { body, span });
        None
    }

    /// A block, which `break 'label` leaves if it has a label: then it is a loop that ends with `break`.
    pub(super) fn labelled_block(&mut self, x: &syn::ExprBlock, want: Want<'_>) -> Option<Var> {
        if x.label.is_none() {
            return self.block(&x.block, want);
        }
        let span = self.places.block(&x.block);
        let result = self.result_of(want);
        let body = self.ops(|s| {
            s.in_loop(x.label.as_ref(), result, true, |s| s.way(result, span, |s| s.block(&x.block, want)));
            if !s.ended() {
                s.emit(Op::Break(0));
            }
        });
        self.emit(Op::Loop { body, span });
        result
    }

    /// The loop or block that a jump leaves, counted from the innermost.
    fn target(&mut self, label: Option<&syn::Lifetime>) -> Option<(u32, Option<Var>)> {
        let label: Option<Sym> = label.map(|l| ident(&l.ident));
        let loops = &self.frame().loops;
        let at = loops.iter().rposition(|t| if label.is_some() { t.label == label } else { !t.is_block })?;
        let outer = u32::try_from(loops.len() - at - 1).unwrap_or(u32::MAX);
        Some((outer, loops[at].result))
    }

    /// `break`.
    pub(super) fn break_expr(&mut self, x: &syn::ExprBreak) -> Option<Var> {
        let value = x.expr.as_ref().and_then(|e| self.lower(e, Want::Value(None)));
        let target = self.target(x.label.as_ref());
        if let (Some((_, Some(result))), Some(value)) = (target, value) {
            let span = self.places.token(x.break_token.span);
            self.assign(result, Value::Var(value), span);
        }
        if let Some((outer, _)) = target.filter(|_| !self.ended()) {
            self.emit(Op::Break(outer));
        }
        None
    }

    /// `continue`.
    pub(super) fn continue_expr(&mut self, x: &syn::ExprContinue) -> Option<Var> {
        if let Some((outer, _)) = self.target(x.label.as_ref()) {
            self.emit(Op::Continue(outer));
        }
        None
    }
}

/// What a condition always comes to in a build that is no test: `cfg!(test)`, its contrary, or `cfg!(test)` and more.
fn decided(cond: &Expr) -> Option<bool> {
    let only_in_tests = |e: &Expr| matches!(peel(e), Expr::Macro(m) if m.mac.path.is_ident("cfg") && says_test(m.mac.tokens.clone()));
    let mut at = peel(cond);
    while let Expr::Binary(b) = at
        && matches!(b.op, BinOp::And(_))
        && !only_in_tests(&b.right)
    {
        at = peel(&b.left);
    }
    match at {
        Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => Some(false),
        Expr::Unary(u) if matches!(u.op, UnOp::Not(_)) && std::ptr::eq(at, peel(cond)) => only_in_tests(&u.expr).then_some(true),
        e => only_in_tests(e).then_some(false),
    }
}

/// All variables that are tested.
pub(super) fn both(tests: &Tests) -> Vec<Test> {
    tests.yes.iter().chain(&tests.no).copied().collect()
}

fn says(tests: &[Test], var: Var, truth: bool) -> bool {
    matches!(tests, [t] if t.var == var && t.truth == truth)
}
