//! What is put back where something failed: a copy that the function made of the file, moved onto it again. Nothing is changed by that.

use super::frame::Frame;
use crate::effect::{Event, EventId, EventKind, WriteKind};
use crate::ir::Block;

impl Frame<'_, '_> {
    /// Runs a handler of exceptions.
    pub(super) fn handler(&mut self, body: &Block) {
        self.handling += 1;
        self.block(body);
        self.handling -= 1;
    }

    /// A file is replaced: where an exception is handled, it may be by a copy of itself.
    pub(super) fn heed_restoring(&mut self, id: EventId) {
        let restores = self.handling > 0 && self.is_unchanged(&self.events[id as usize]);
        *self.restoring.entry(id).or_insert(restores) &= restores;
    }

    /// Whether a write puts back what was read of the file.
    pub(super) fn restores(&self, id: EventId) -> bool {
        self.restoring.get(&id) == Some(&true)
    }

    /// Whether all that is written is one copy that a call has made of the file as it was.
    fn is_unchanged(&self, w: &Event) -> bool {
        let mut data = w.data.events();
        let (Some(id), None) = (data.next(), data.next()) else { return false };
        let Some(read) = self.events.get(id as usize).filter(|r| r.kind == EventKind::Read && r.chain.is_none()) else { return false };
        let is_copy =
            |e: &Event| e.kind == EventKind::Write(WriteKind::Replace) && e.site == read.site && e.chain.is_none() && e.data == w.data;
        w.chain.is_none() && read.resource.resource().term == w.resource.resource().term && self.events.iter().any(is_copy)
    }
}
