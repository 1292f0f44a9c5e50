//! Every op of a body, however deep in blocks.

use super::{Block, Op, Scope};

/// Nesting of blocks past this is not followed; the engine does not either.
const MAX_NESTING: u32 = 200;

/// Calls `f` for every op of a block and of the blocks inside, in order.
pub fn each_op<'a>(block: &'a Block, f: &mut impl FnMut(&'a Op)) {
    walk(block, f, 0);
}

fn walk<'a>(block: &'a Block, f: &mut impl FnMut(&'a Op), depth: u32) {
    if depth > MAX_NESTING {
        return;
    }
    for op in block {
        f(op);
        match op {
            Op::Branch { arms, .. } => arms.iter().for_each(|a| walk(&a.body, f, depth + 1)),
            Op::Loop { body, .. } => walk(body, f, depth + 1),
            Op::Scope { kind, .. } => match kind {
                Scope::Block { body, .. } | Scope::With { body, .. } => walk(body, f, depth + 1),
                Scope::Try(t) => {
                    let handlers = t.handlers.iter().map(|h| &h.body);
                    std::iter::once(&t.body).chain(handlers).chain([&t.orelse, &t.finally]).for_each(|b| walk(b, f, depth + 1));
                }
            },
            _ => {}
        }
    }
}
