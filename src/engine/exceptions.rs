//! `try` statements: what is known where an exception is handled, and what runs on every way out.

use super::cases::End;
use super::domain::add_all;
use super::frame::Frame;
use super::unheeded::is_about_names;
use crate::effect::Value;
use crate::ir::{Block, Handler, Op};

impl Frame<'_, '_> {
    /// Runs a `try` statement.
    pub(super) fn protected(&mut self, body: &Block, handlers: &[Handler], orelse: &Block, finally: &Block) {
        let before = self.state.clone();
        let (known, acts) = (self.events.len(), self.acts);
        let exits = self.exits.len();
        let jumps = self.loops.last().map_or((0, 0), |(b, c)| (b.len(), c.len()));
        let (risky, safe) = body.split_at(body.len() - body.iter().rev().take_while(|op| never_raises(op)).count());
        self.block(risky);
        let mut last_raised = self.state.clone();
        let last_taken = self.taken_last(known, acts);
        last_raised.held.retain(|h| !last_taken.contains(h));
        if !self.state.dead {
            self.block(safe);
        }
        let after_body = self.state.clone();
        if !self.state.dead {
            self.block(orelse);
        }
        let mut out = std::mem::take(&mut self.state);
        // An exception may come from anywhere in the body: what was known before, and what is known after it.
        let mut entry = before.clone().join(last_raised);
        if let Some(e) = self.exits.get(exits) {
            let mut left = e.state.clone();
            left.held.retain(|h| !last_taken.contains(h));
            entry = entry.join(left);
        }
        let mut ends = Vec::new();
        End::add(&mut ends, &out);
        for (n, h) in handlers.iter().enumerate() {
            self.state = entry.clone();
            if !is_about_names(h) {
                add_all(&mut self.state.denied, &last_taken);
            }
            if let Some(name) = h.name {
                self.set(name, Value::unknown());
            }
            let (seen, unknown) = (self.events.len(), self.unknown_calls);
            self.handler(&h.body);
            let handled = std::mem::take(&mut self.state);
            // The handlers that come after one for that are for systems that have no locks.
            if orelse.is_empty() && !handlers[..n].iter().any(|first| self.says_busy(first)) {
                self.heed_handler(h, [&before, &after_body, &entry, &handled], known, seen, unknown);
            }
            End::add(&mut ends, &handled);
            out = out.join(handled);
        }
        self.state = out;
        self.state.tell_apart(&ends);
        if finally.is_empty() {
            return;
        }
        let dead = std::mem::take(&mut self.state.dead);
        if dead {
            // Nothing gets past the statement, but its last part still runs.
            self.state = entry;
        }
        self.block(finally);
        self.state.dead |= dead;
        self.finally_on_jumps(finally, exits, jumps);
    }

    /// The last part also runs on the way out of every `return`, `break` and `continue` inside.
    fn finally_on_jumps(&mut self, finally: &Block, exits: usize, jumps: (usize, usize)) {
        let resume = std::mem::take(&mut self.state);
        for i in exits..self.exits.len().min(exits + 8) {
            self.state = std::mem::take(&mut self.exits[i].state);
            let known = self.exits.len();
            self.block(finally);
            self.exits.truncate(known.max(i + 1));
            self.state.dead = false;
            self.exits[i].state = std::mem::take(&mut self.state);
        }
        if let Some((mut b, mut c)) = self.loops.pop() {
            for s in b.iter_mut().skip(jumps.0).chain(c.iter_mut().skip(jumps.1)) {
                self.state = std::mem::take(s);
                self.loops.push((Vec::new(), Vec::new()));
                self.block(finally);
                self.loops.pop();
                self.state.dead = false;
                *s = std::mem::take(&mut self.state);
            }
            self.loops.push((b, c));
        }
        self.state = resume;
    }
}

/// A variable gets a constant or another variable's value.
fn never_raises(op: &Op) -> bool {
    use crate::ir::Value::{Bool, Int, None, Str, Var};
    matches!(op, Op::Let { value: Bool(_) | Int(_) | None | Str(_) | Var(_), .. })
}
