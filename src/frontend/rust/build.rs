//! A file being lowered: the stack of functions being built, their variables, names, temporaries and ops.

use rustc_hash::FxHashMap;

use super::place::Places;
use crate::ir::{
    Block, Capture, Decorator, Discarded, File, Flags, FuncIdx, Function, Op, Param, Problem, Scope, Test, TypeRef, Value, Var, VarInfo,
};
use crate::source::{Lang, Span, Sym};

/// How deep expressions, blocks, patterns and types may nest before the rest becomes unknown.
pub(super) const MAX_NESTING: u32 = 200;

/// A file being lowered.
pub(super) struct Lowering {
    /// From the parser's places to spans of the file.
    pub(super) places: Places,
    /// What has been read.
    pub(super) file: File,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
    /// The inline module that is being read, dotted.
    pub(super) module: Sym,
    /// Type parameters in sight and their bounds, the innermost last.
    pub(super) generics: Vec<(Sym, TypeRef)>,
    /// What `Self` stands for where no method says it: in the value of an associated constant.
    pub(super) self_path: Option<Sym>,
    /// Module variables that have their value already.
    pub(super) globals: FxHashMap<Sym, Var>,
    stack: Vec<Frame>,
    /// Frames that were closed, for the room in them.
    spare: Vec<Frame>,
    depth: u32,
    too_deep: bool,
}

/// A function being built. Blocks, scopes and statements lie within one another, so that each kind of thing in them is one list.
#[derive(Default)]
pub(super) struct Frame {
    index: FuncIdx,
    /// Sees the variables of the enclosing function (a closure), not only its items.
    is_closure: bool,
    pub(super) qualname: Sym,
    pub(super) flags: Flags,
    pub(super) params: Vec<Param>,
    vars: Vec<VarInfo>,
    captures: Vec<Capture>,
    /// Names and whether nested functions see them.
    bound: Vec<(Sym, Var, bool)>,
    locals: Vec<Var>,
    /// Where the names and the locals of each open block begin.
    scopes: Vec<(usize, usize)>,
    ops: Vec<Op>,
    /// Where the ops of the innermost block begin.
    block: usize,
    temps: Vec<Var>,
    /// Where the temporaries of each open statement begin.
    statements: Vec<usize>,
    pub(super) loops: Vec<Target>,
    /// Locals that are the guard of a lock itself, with nothing around it that a method could take away.
    pub(super) guards: Vec<Var>,
}

impl Frame {
    /// The op that was emitted last.
    pub(super) fn last_op(&self) -> Option<&Op> {
        self.ops.last()
    }

    /// The frame without what is left in it, for another function.
    fn emptied(mut self) -> Self {
        self.bound.clear();
        self.locals.clear();
        self.scopes.clear();
        self.block = 0;
        self.temps.clear();
        self.statements.clear();
        self.loops.clear();
        self.guards.clear();
        self
    }
}

/// What `break` and `continue` may leave.
pub(super) struct Target {
    pub(super) label: Option<Sym>,
    /// The variable that takes the value of `break`.
    pub(super) result: Option<Var>,
    /// A labelled block, which only a labelled `break` leaves.
    pub(super) is_block: bool,
}

/// What a function is besides its body.
pub(super) struct Head {
    pub(super) name: Sym,
    pub(super) qualname: Sym,
    pub(super) owner: Option<u32>,
    pub(super) parent: Option<FuncIdx>,
    pub(super) flags: Flags,
    pub(super) decorators: Vec<Decorator>,
    pub(super) ret: Option<TypeRef>,
    pub(super) span: Span,
    pub(super) name_span: Span,
}

impl Lowering {
    /// An empty file whose top level is open.
    pub(super) fn new(places: Places) -> Self {
        let mut new = Self {
            places,
            file: File { lang: Lang::Rust, imports: vec![], types: vec![], impls: vec![], test_modules: vec![], functions: vec![] },
            problems: vec![],
            module: Sym::new(""),
            generics: vec![],
            self_path: None,
            globals: FxHashMap::default(),
            stack: vec![],
            spare: vec![],
            depth: 0,
            too_deep: false,
        };
        new.open(Sym::new(""), Flags::default());
        new
    }

    /// Closes the top level of a file that ends at `end`.
    pub(super) fn finish(mut self, end: usize) -> (File, Vec<Problem>) {
        let name = Sym::new("<module>");
        let span = Span::new(0, end);
        self.close(Head {
            name,
            qualname: name,
            owner: None,
            parent: None,
            flags: Flags::default(),
            decorators: vec![],
            ret: None,
            span,
            name_span: Span::default(),
        });
        (self.file, self.problems)
    }

    /// Begins a function, which gets the next number. Only a closure sees the variables around it.
    pub(super) fn open(&mut self, qualname: Sym, flags: Flags) -> FuncIdx {
        let index = FuncIdx(u32::try_from(self.file.functions.len()).unwrap_or(u32::MAX));
        self.file.functions.push(placeholder());
        let room = self.spare.pop().unwrap_or_default();
        self.stack.push(Frame { index, is_closure: flags.is_closure, qualname, flags, ..room });
        index
    }

    /// Ends the innermost function.
    pub(super) fn close(&mut self, head: Head) {
        let mut frame = self.stack.pop().expect("every close follows an open");
        let flags = Flags { is_generator: frame.flags.is_generator, ..head.flags };
        self.file.functions[frame.index.0 as usize] = Function {
            name: head.name,
            qualname: head.qualname,
            scope: self.module,
            owner: head.owner,
            parent: head.parent,
            flags,
            decorators: head.decorators,
            params: frame.params.drain(..).collect(),
            captures: frame.captures.drain(..).collect(),
            ret: head.ret,
            vars: frame.vars.drain(..).collect(),
            body: frame.ops.drain(..).collect(),
            span: head.span,
            name_span: head.name_span,
        };
        self.spare.push(frame.emptied());
    }

    /// The innermost function.
    pub(super) fn frame(&mut self) -> &mut Frame {
        self.stack.last_mut().expect("the top level is always open")
    }

    /// Whether the innermost function is the top level.
    pub(super) fn at_top(&self) -> bool {
        self.stack.len() == 1
    }

    /// The number of the innermost function.
    pub(super) fn current(&mut self) -> FuncIdx {
        self.frame().index
    }

    /// Runs `f` as if it stood at the top level, out of sight of the functions being built.
    pub(super) fn at_top_level(&mut self, f: impl FnOnce(&mut Self)) {
        let inner = self.stack.split_off(1);
        f(self);
        self.stack.extend(inner);
    }

    /// Runs `f` one level deeper, unless that is too deep: then the place is reported and `None` returned.
    pub(super) fn deeper<R>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.depth >= MAX_NESTING {
            // The first place stands for all: the rest may be many.
            if !std::mem::replace(&mut self.too_deep, true) {
                let message = format!("nested more than {MAX_NESTING} levels deep; the inner part is not analysed");
                self.problems.push(Problem { span, message });
            }
            return None;
        }
        self.depth += 1;
        let out = f(self);
        self.depth -= 1;
        Some(out)
    }

    // Ops.

    /// Appends an op.
    pub(super) fn emit(&mut self, op: Op) {
        self.frame().ops.push(op);
    }

    /// The ops that `f` emits, as a block of their own.
    pub(super) fn ops(&mut self, f: impl FnOnce(&mut Self)) -> Block {
        let start = self.frame().ops.len();
        let outer = std::mem::replace(&mut self.frame().block, start);
        f(self);
        let frame = self.frame();
        frame.block = outer;
        frame.ops.drain(start..).collect()
    }

    /// Appends ops that were built apart.
    pub(super) fn splice(&mut self, mut block: Block) {
        self.frame().ops.append(&mut block);
    }

    /// Whether what would come next cannot run.
    pub(super) fn ended(&mut self) -> bool {
        let frame = self.frame();
        matches!(frame.ops[frame.block..].last(), Some(Op::Return { .. } | Op::Break(_) | Op::Continue(_) | Op::Raise { .. }))
    }

    // Variables.

    /// A new variable without a name.
    pub(super) fn fresh(&mut self) -> Var {
        self.variable(VarInfo::default())
    }

    fn variable(&mut self, info: VarInfo) -> Var {
        new_var(&mut self.frame().vars, info)
    }

    /// A new temporary, dropped at the end of the statement.
    pub(super) fn temp(&mut self) -> Var {
        let v = self.fresh();
        self.keep_until_end(v);
        v
    }

    /// Drops a variable at the end of the statement.
    pub(super) fn keep_until_end(&mut self, v: Var) {
        self.frame().temps.push(v);
    }

    /// `tmp = value`.
    pub(super) fn let_temp(&mut self, value: Value, span: Span) -> Var {
        let dst = if is_constant(&value) { self.fresh() } else { self.temp() };
        self.emit(Op::Let { dst, value, ty: None, span });
        dst
    }

    /// `dst = value`.
    pub(super) fn assign(&mut self, dst: Var, value: Value, span: Span) {
        self.emit(Op::Let { dst, value, ty: None, span });
    }

    /// `dst = value`, where the op that just made a temporary's value writes to `dst` directly.
    pub(super) fn assign_from(&mut self, dst: Var, from: Var, ty: Option<TypeRef>, span: Span) {
        let frame = self.frame();
        let is_temp = frame.vars[from.0 as usize].name.is_none();
        if is_temp
            && let Some(Op::Let { dst: d, ty: t, .. }) = frame.ops[frame.block..].last_mut()
            && *d == from
        {
            *d = dst;
            *t = ty.map(Box::new);
            let open = frame.statements.last().copied().unwrap_or(0);
            if let Some(at) = frame.temps[open..].iter().rposition(|v| *v == from) {
                frame.temps.remove(open + at);
            }
            return;
        }
        frame.ops.push(Op::Let { dst, value: Value::Var(from), ty: ty.map(Box::new), span });
    }

    // Names.

    /// A new variable with a name, which is not bound yet.
    pub(super) fn named(&mut self, name: Sym, ty: Option<TypeRef>) -> Var {
        self.variable(VarInfo { name: Some(name), ty: ty.map(Box::new) })
    }

    /// Makes a name stand for a variable from here to the end of the block; `item`: from within nested functions too.
    pub(super) fn bind(&mut self, name: Sym, var: Var, item: bool) {
        self.frame().bound.push((name, var, item));
    }

    /// Binds a local, which drops at the end of the block.
    pub(super) fn bind_local(&mut self, name: Sym, var: Var) {
        self.bind(name, var, false);
        self.frame().locals.push(var);
    }

    /// A new bound local.
    pub(super) fn local(&mut self, name: Sym, ty: Option<TypeRef>) -> Var {
        let v = self.named(name, ty);
        self.bind_local(name, v);
        v
    }

    /// Opens a block's names.
    pub(super) fn open_scope(&mut self) {
        let frame = self.frame();
        frame.scopes.push((frame.bound.len(), frame.locals.len()));
    }

    /// Forgets a block's names and gives its locals.
    pub(super) fn close_scope(&mut self) -> Box<[Var]> {
        let frame = self.frame();
        let (bound, locals) = frame.scopes.pop().expect("every close follows an open");
        frame.bound.truncate(bound);
        frame.locals.drain(locals..).collect()
    }

    /// Whether the innermost block has locals so far.
    pub(super) fn has_locals(&mut self) -> bool {
        let frame = self.frame();
        frame.locals.len() > frame.scopes.last().map_or(0, |s| s.1)
    }

    /// What `f` emits with names of its own; a region if it binds locals.
    pub(super) fn scoped(&mut self, span: Span, f: impl FnOnce(&mut Self)) {
        self.open_scope();
        let body = self.ops(f);
        let locals = self.close_scope();
        if locals.is_empty() {
            self.splice(body);
        } else {
            self.emit(Op::Scope { kind: Scope::Block { body, locals }, span });
        }
    }

    /// The variable that a name stands for, captured through closures if need be.
    pub(super) fn lookup(&mut self, name: Sym) -> Option<Var> {
        let level = self.stack.len() - 1;
        let found = self.lookup_at(level, name, false);
        if found.is_none() && level == 0 {
            let dotted = join(self.module, name);
            return self.globals.get(&dotted).copied();
        }
        found
    }

    fn lookup_at(&mut self, level: usize, name: Sym, only_items: bool) -> Option<Var> {
        // Outwards to the function that binds it, then inwards again, capturing on the way.
        let mut at = level;
        let mut only_items = only_items;
        let mut var = loop {
            let bound = self.stack[at].bound.iter().rev();
            if let Some((_, v, _)) = bound.into_iter().find(|(n, _, item)| *n == name && (*item || !only_items)) {
                break *v;
            }
            only_items |= !self.stack[at].is_closure;
            at = at.checked_sub(1)?;
        };
        for inner in at + 1..=level {
            var = self.capture(inner, name, var);
        }
        Some(var)
    }

    fn capture(&mut self, level: usize, name: Sym, outer: Var) -> Var {
        if let Some(have) = self.stack[level].captures.iter().find(|c| c.outer == outer) {
            return have.inner;
        }
        let ty = self.stack[level - 1].vars[outer.0 as usize].ty.clone();
        let frame = &mut self.stack[level];
        let inner = new_var(&mut frame.vars, VarInfo { name: Some(name), ty });
        frame.captures.push(Capture { inner, outer });
        inner
    }

    // Temporaries.

    /// Opens a region at whose end temporaries drop.
    pub(super) fn open_temps(&mut self) {
        let frame = self.frame();
        frame.statements.push(frame.temps.len());
    }

    /// Ends it. What is in `keep` lives to the end of the enclosing region.
    pub(super) fn close_temps(&mut self, keep: &[Test], span: Span) {
        self.close_statement(keep, span, None);
    }

    /// Ends it, where it is a statement that may discard a value.
    pub(super) fn close_statement(&mut self, keep: &[Test], span: Span, discarded: Option<Discarded>) {
        let frame = self.frame();
        let start = frame.statements.pop().expect("every close follows an open");
        let vars: Box<[Var]> = if keep.is_empty() {
            frame.temps.drain(start..).rev().collect()
        } else {
            let mut vars: Vec<Var> = frame.temps.extract_if(start.., |v| keep.iter().all(|t| t.var != *v)).collect();
            vars.reverse();
            vars.into()
        };
        if !vars.is_empty() && !self.ended() {
            self.emit(Op::Drop { vars, span, discarded });
        }
    }

    /// Ends it without dropping: all of it lives to the end of the enclosing region.
    pub(super) fn merge_temps(&mut self) {
        self.frame().statements.pop();
    }
}

fn new_var(vars: &mut Vec<VarInfo>, info: VarInfo) -> Var {
    vars.push(info);
    Var(u32::try_from(vars.len() - 1).unwrap_or(u32::MAX))
}

fn is_constant(value: &Value) -> bool {
    matches!(value, Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None | Value::Name(_))
}

/// Two dotted names in a row, either of which may be empty.
pub(super) fn join(a: Sym, b: Sym) -> Sym {
    match (a.as_str(), b.as_str()) {
        ("", _) => b,
        (_, "") => a,
        (a, b) => Sym::new(&format!("{a}.{b}")),
    }
}

fn placeholder() -> Function {
    let none = Sym::new("");
    Function {
        name: none,
        qualname: none,
        scope: none,
        owner: None,
        parent: None,
        flags: Flags::default(),
        decorators: vec![],
        params: vec![],
        captures: vec![],
        ret: None,
        vars: vec![],
        body: vec![],
        span: Span::default(),
        name_span: Span::default(),
    }
}
