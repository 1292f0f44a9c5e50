//! Calls after which nothing runs: they end the program, or always raise. Knows what is called, not what it does.

use super::frame::Frame;
use super::program::{Def, FuncId, Resolved, TypeId};
use crate::effect::Ty;
use crate::ir::Callee;
use crate::source::Lang;

impl Frame<'_, '_> {
    /// Whether nothing runs after a call that was just looked at.
    pub(super) fn ends_with(&mut self, callee: &Callee) -> bool {
        match callee {
            Callee::Path(path) => match self.resolve(*path) {
                Resolved::Def(Def::Func(f)) => {
                    let f = self.cx.version(f);
                    self.never_returns(f)
                }
                Resolved::External(full) => self.lib.call(full).is_some_and(|c| c.summary.never_returns),
                _ => false,
            },
            Callee::Method { recv, name } => match self.var(*recv).ty {
                // What overrides it may return, unless it says that it does not.
                Some(Ty::Project(t)) => {
                    let method = self.cx.program.find_method(TypeId(t), *name, &mut Vec::new());
                    method.is_some_and(|f| self.cx.program.function(f).1.flags.never_returns)
                }
                Some(Ty::Library(l)) => self.lib.method(l, *name).is_some_and(|(_, c)| c.summary.never_returns),
                None => false,
            },
            Callee::Var(_) => false,
        }
    }

    fn never_returns(&self, f: FuncId) -> bool {
        let function = self.cx.program.function(f).1;
        let runs_at_once = !function.flags.is_async && !function.flags.is_generator && function.decorators.is_empty();
        // An error is an answer where the language returns it.
        let may_answer = self.ir_lang() == Lang::Rust && function.ret.is_some();
        let always_raises = || !may_answer && !function.flags.has_receiver && self.cx.known_summary(f).is_some_and(|s| s.never_returns);
        runs_at_once && (function.flags.never_returns || always_raises())
    }
}
