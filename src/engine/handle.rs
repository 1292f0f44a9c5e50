//! Open files: what they were opened for, and what was written to them but is not in the file yet.

use smallvec::SmallVec;

use super::domain::add_all;
use super::frame::Frame;
use crate::effect::{EventId, EventKind, Flags, Kind, Term, Ty, Value, WriteKind};

/// What whoever gets a file writes to it.
const HANDED_OUT: EventId = EventId::MAX;

impl Frame<'_, '_> {
    /// Something was written to an open file, which may keep it in memory for now.
    pub(super) fn buffer(&mut self, file: &Value, write: EventId) {
        let change = matches!(self.events[write as usize].kind, EventKind::Write(k) if k != WriteKind::Truncate || self.has_content(write));
        if change && !self.events[write as usize].held.is_empty() && self.keeps(file) {
            let entry = (file.term, write);
            if !self.state.unflushed.contains(&entry) {
                self.state.unflushed.push(entry);
            }
        }
    }

    /// An open file is handed out by a generator: whoever gets it may write to it.
    pub(super) fn hands_out(&mut self, file: &Value) {
        if self.keeps(file) {
            self.state.unflushed.push((file.term, HANDED_OUT));
        }
    }

    /// Whether a value is an open file that may keep in memory what is written to it.
    fn keeps(&self, file: &Value) -> bool {
        let opened = matches!(file.kind.as_deref(), Some(Kind::Handle { .. })) && file.term != Term::Unknown;
        opened && matches!(&file.ty, Some(Ty::Library(t)) if self.lib.is_buffered(*t))
    }

    fn has_content(&self, write: EventId) -> bool {
        !self.events[write as usize].data.is_empty()
    }

    /// What was written to an open file is in the file now.
    pub(super) fn flush(&mut self, file: &Term) {
        self.state.unflushed.retain(|(f, _)| f != file);
    }

    /// These locks were given up: what is still in a buffer goes out without them. A file that no variable holds any more was closed.
    pub(super) fn outlasted(&mut self, gone: &[EventId]) {
        if gone.is_empty() || self.state.unflushed.is_empty() {
            return;
        }
        let unflushed = std::mem::take(&mut self.state.unflushed);
        for (file, write) in &unflushed {
            if *write == HANDED_OUT {
                if let Some(y) = self.yielded.as_mut() {
                    y.unflushed |= y.held.iter().any(|h| gone.contains(h));
                }
                continue;
            }
            let e = &self.events[*write as usize];
            let is_open = || self.state.vars.values().any(|v| v.term == *file) || self.state.heap.iter().any(|(_, v)| v.term == *file);
            if e.held.iter().any(|h| gone.contains(h)) && is_open() {
                let e = &mut self.events[*write as usize];
                let late: SmallVec<[EventId; 1]> = e.held.iter().copied().filter(|h| gone.contains(h)).collect();
                add_all(&mut e.late, &late);
            }
        }
        self.state.unflushed = unflushed;
    }
}

/// How writes through a handle change the file: `None` when its mode is not known, `Some(None)` when it cannot be written.
pub(super) fn handle_kind(mode: &Value) -> Option<Option<WriteKind>> {
    let f = mode_flags(mode)?;
    Some(if f.has(Flags::CREATE_NEW) {
        Some(WriteKind::CreateNew)
    } else if f.has(Flags::APPEND) {
        Some(WriteKind::Append)
    } else if f.has(Flags::TRUNCATE) {
        Some(WriteKind::Truncate)
    } else if f.has(Flags::WRITE) {
        Some(WriteKind::InPlace)
    } else {
        None
    })
}

/// The flags of an open mode: letters or a flag expression.
pub(crate) fn mode_flags(mode: &Value) -> Option<Flags> {
    if !mode.flags.is_empty() {
        return Some(mode.flags);
    }
    match &mode.term {
        Term::Const(s) => Flags::of_mode_letters(s.as_str()),
        Term::Call(f, parts) if f.as_str() == "$either" => parts
            .iter()
            .filter_map(|p| if let Term::Const(s) = p { Flags::of_mode_letters(s.as_str()) } else { None })
            .reduce(Flags::either),
        _ => None,
    }
}
