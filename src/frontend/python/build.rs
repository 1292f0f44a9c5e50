//! The lowering's state: the file so far, the functions being lowered, their blocks and temporaries.

use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use rustc_hash::FxHashSet;

use super::scope::Scope;
use crate::ir::{Block, Capture, File, FuncIdx, Op, Problem, TypeRef, Value, Var, VarInfo};
use crate::source::{Lang, Span, Sym};

/// Expressions, blocks, patterns and types may nest this deep, all taken together; what is deeper is unknown.
const MAX_DEPTH: u32 = 100;
/// No more problems than this of one kind are told.
pub(super) const MAX_PROBLEMS: usize = 10;

/// One file being lowered.
pub(super) struct Lowerer<'a> {
    pub(super) text: &'a str,
    pub(super) file: File,
    pub(super) problems: Vec<Problem>,
    /// The functions being lowered, the module first.
    pub(super) frames: Vec<Frame>,
    /// The scopes that are open, the module first.
    pub(super) scopes: Vec<Scope>,
    /// Type parameters in scope, with their bounds.
    pub(super) type_params: Vec<(Sym, Option<TypeRef>)>,
    /// Names that are defined for where the imports at hand fail.
    pub(super) stand_ins: Vec<Sym>,
    /// The ops of all blocks that are open, the innermost last.
    pub(super) ops: Vec<Op>,
    /// Room for variables that closed frames have left.
    spare: Vec<Vec<VarInfo>>,
    depth: u32,
}

/// One function being lowered.
pub(super) struct Frame {
    pub(super) index: FuncIdx,
    pub(super) vars: Vec<VarInfo>,
    pub(super) captures: Vec<Capture>,
    pub(super) is_generator: bool,
    /// Where its ops begin.
    start: usize,
    /// Temporaries that the statement has not dropped yet.
    temps: Vec<Var>,
}

/// A place in the list of temporaries.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

/// The span of a node.
pub(super) fn span(range: TextRange) -> Span {
    Span { start: range.start().to_u32(), end: range.end().to_u32() }
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let file = File {
            lang: Lang::Python,
            imports: Vec::new(),
            types: Vec::new(),
            impls: Vec::new(),
            test_modules: Vec::new(),
            functions: Vec::new(),
        };
        Self {
            text,
            file,
            problems: Vec::new(),
            frames: Vec::new(),
            scopes: Vec::new(),
            type_params: Vec::new(),
            stand_ins: Vec::new(),
            ops: Vec::new(),
            spare: Vec::new(),
            depth: 0,
        }
    }

    /// Begins a function's frame.
    pub(super) fn open_frame(&mut self, index: FuncIdx) {
        let vars = self.spare.pop().unwrap_or_default();
        let start = self.ops.len();
        self.frames.push(Frame { index, vars, captures: Vec::new(), is_generator: false, start, temps: Vec::new() });
    }

    /// Ends the current frame and gives its function its body.
    pub(super) fn close_frame(&mut self) {
        let mut frame = self.frames.pop().expect("the frame that is closed was opened");
        let function = &mut self.file.functions[frame.index.0 as usize];
        function.flags.is_generator = frame.is_generator;
        function.vars = frame.vars.drain(..).collect();
        function.captures = frame.captures;
        function.body = self.ops.drain(frame.start..).collect();
        self.spare.push(frame.vars);
    }

    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a frame is open while anything is lowered")
    }

    /// Runs `f` one level deeper; past the bound tells a problem and does nothing.
    pub(super) fn deeper<T>(&mut self, range: TextRange, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            if self.problems.len() < MAX_PROBLEMS {
                self.problems.push(Problem { span: span(range), message: format!("nested more than {MAX_DEPTH} deep, not analysed") });
            }
            return None;
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        Some(result)
    }

    pub(super) fn emit(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// A new variable of the current function.
    pub(super) fn variable(&mut self, name: Option<Sym>, ty: Option<TypeRef>) -> Var {
        let vars = &mut self.frame().vars;
        vars.push(VarInfo { name, ty: ty.map(Box::new) });
        Var(vars.len() as u32 - 1)
    }

    /// A temporary, which the statement drops at its end.
    pub(super) fn temp(&mut self) -> Var {
        let var = self.variable(None, None);
        self.keep_until_drop(var);
        var
    }

    /// Lets the statement drop this variable at its end.
    pub(super) fn keep_until_drop(&mut self, var: Var) {
        self.frame().temps.push(var);
    }

    /// The variable that holds a value: itself, or a new temporary. Constants need no drop.
    pub(super) fn bind(&mut self, value: Value, range: TextRange) -> Var {
        let dst = match value {
            Value::Var(v) => return v,
            Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None | Value::Name(_) | Value::Unknown => self.variable(None, None),
            _ => self.temp(),
        };
        self.emit(Op::Let { dst, value, ty: None, span: span(range) });
        dst
    }

    /// Lowers into a block of its own.
    pub(super) fn block(&mut self, f: impl FnOnce(&mut Self)) -> Block {
        self.block_and(f).0
    }

    /// Lowers into a block of its own, with a result.
    pub(super) fn block_and<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> (Block, T) {
        let start = self.ops.len();
        let result = f(self);
        (self.ops_since(start), result)
    }

    /// Takes the ops from `start` on as a block of their own, which has no room to grow.
    pub(super) fn ops_since(&mut self, start: usize) -> Block {
        self.ops.drain(start..).collect()
    }

    /// Appends a block's ops to the current block.
    pub(super) fn append(&mut self, ops: Block) {
        self.ops.extend(ops);
    }

    pub(super) fn mark(&mut self) -> Mark {
        Mark(self.frame().temps.len())
    }

    /// Ends the temporaries made since `mark`, but for those to `keep`.
    pub(super) fn drop_since(&mut self, mark: Mark, keep: &[Var], range: TextRange) {
        let temps = &mut self.frame().temps;
        let vars: Box<[Var]> = if keep.is_empty() {
            temps.drain(mark.0..).collect()
        } else {
            let keep: FxHashSet<Var> = keep.iter().copied().collect();
            temps.extract_if(mark.0.., |v| !keep.contains(v)).collect()
        };
        self.drop_vars(vars, range);
    }

    /// Takes the temporaries made since `mark` off the list; the caller drops them.
    pub(super) fn take_since(&mut self, mark: Mark) -> Vec<Var> {
        self.frame().temps.split_off(mark.0)
    }

    /// Ends variables.
    pub(super) fn drop_vars(&mut self, vars: Box<[Var]>, range: TextRange) {
        if !vars.is_empty() {
            self.emit(Op::Drop { vars, span: span(range), discarded: None });
        }
    }

    /// Lowers an expression to a variable.
    pub(super) fn expr(&mut self, e: &Expr) -> Var {
        let value = self.value(e);
        self.bind(value, ruff_text_size::Ranged::range(e))
    }
}

/// Whether a block does nothing that could matter if it ran although it should not.
pub(super) fn is_pure(block: &[Op]) -> bool {
    block.iter().all(|op| matches!(op, Op::Let { .. }))
}
