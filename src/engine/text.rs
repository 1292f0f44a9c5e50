//! Summaries as text: what the tool sees of a program, one function a paragraph.

use std::fmt::Write as _;

use super::cycle::Protection;
use super::program::FuncId;
use super::solve::Analysis;
use crate::effect::{Event, EventKind, LockSpec, Mode, Reach, WriteKind};
use crate::source::Sym;

impl Analysis<'_> {
    /// The summary of every function of one file that does something to a file or a lock.
    #[must_use]
    pub fn effects(&self, file: u32) -> String {
        let mut out = String::new();
        let functions = &self.program.files[file as usize].ir.functions;
        for n in 0..functions.len() as u32 {
            self.function_effects(self.program.func_id(file, crate::ir::FuncIdx(n)), &mut out);
        }
        out
    }

    fn function_effects(&self, f: FuncId, out: &mut String) {
        let Some(result) = &self.results[f.0 as usize] else { return };
        let s = &result.summary;
        if s.events.is_empty() && result.dropped.is_empty() {
            return;
        }
        let (_, function) = self.program.function(f);
        let params: Vec<&str> = s.params.iter().map(|p| p.name.as_str()).collect();
        let _ = writeln!(out, "{}({})", function.qualname, params.join(", "));
        for (n, e) in s.events.iter().enumerate() {
            if s.yield_at == Some(n as u32) && function.flags.is_generator {
                let _ = writeln!(out, "  yield{}", list(" holding", s.yield_held.iter()));
            }
            let _ = writeln!(out, "  {n}: {}", self.event(f, e));
        }
        if s.yield_at == Some(s.events.len() as u32) && function.flags.is_generator {
            let _ = writeln!(out, "  yield{}", list(" holding", s.yield_held.iter()));
        }
        if let Some(r) = &s.ret {
            let data: Vec<u32> = r.deps.events().collect();
            if !data.is_empty() || !s.held.is_empty() {
                let [data, held, told] =
                    [list(" data of", data.iter()), list(" holding", s.held.iter()), list(" telling of", s.told.iter())];
                let _ = writeln!(out, "  return{data}{held}{told}");
            }
        }
        for c in &result.cycles {
            let what = self.program.describe(f, &c.write.resource.resource().term);
            let guarded = c.protection != Protection::Full && self.exposure(f, c).is_none();
            let by_callers = if guarded { ", every way in is guarded" } else { "" };
            let _ = writeln!(out, "  cycle on {what}: {}{by_callers}", protection(&c.protection));
        }
    }

    fn event(&self, f: FuncId, e: &Event) -> String {
        let on = self.program.describe(f, &e.resource.resource().term);
        let mut text = match &e.kind {
            EventKind::Read => format!("read {on}"),
            EventKind::Write(k) => format!("write {on} ({})", write_word(*k)),
            EventKind::Check(_) => format!("check {on}"),
            EventKind::Open { .. } => format!("open {on}"),
            EventKind::ReplaceFrom { from, .. } => format!("rename {} to {on}", self.program.describe(f, &from.resource().term)),
            EventKind::Acquire { spec, .. } => format!("acquire {on} ({})", spec_words(*spec)),
            EventKind::Release => format!("release {on}"),
            EventKind::Run { .. } => format!("run {on}"),
            EventKind::Mutate => format!("mutate {on}"),
            EventKind::Flush => format!("flush {on}"),
            EventKind::Close => format!("close {on}"),
            EventKind::Each => format!("take from {on}"),
            EventKind::Drop => format!("drop {on}"),
            EventKind::Suspend => "suspend".to_owned(),
        };
        let data: Vec<u32> = e.data.events().collect();
        text.push_str(&list(" data of", data.iter()));
        text.push_str(&list(" holding", e.held.iter()));
        if let Some(c) = &e.chain {
            let _ = write!(text, " in {}", Sym::last(c.callee));
        }
        for c in &e.when {
            let _ = write!(text, " {} {}", if c.truth { "if" } else { "unless" }, self.program.describe(f, &c.on));
        }
        if e.aborts {
            text.push_str(" before an exception");
        }
        text
    }
}

fn list<'a>(head: &str, items: impl Iterator<Item = &'a u32>) -> String {
    let items: Vec<String> = items.map(|i| format!("#{i}")).collect();
    if items.is_empty() { String::new() } else { format!("{head} {}", items.join(" ")) }
}

fn write_word(k: WriteKind) -> &'static str {
    match k {
        WriteKind::AsOpened => "as opened",
        WriteKind::Truncate => "truncate",
        WriteKind::InPlace => "in place",
        WriteKind::Append => "append",
        WriteKind::CreateNew => "create new",
        WriteKind::Replace => "replace",
        WriteKind::Remove => "remove",
        WriteKind::Metadata => "metadata",
    }
}

fn spec_words(s: LockSpec) -> String {
    let mode = if s.mode == Mode::Exclusive { "exclusive" } else { "shared" };
    let reach = if s.reach == Reach::Process { "processes" } else { "threads" };
    format!("{mode}, {reach}")
}

fn protection(p: &Protection) -> &'static str {
    match p {
        Protection::Full => "protected",
        Protection::None => "no lock",
        Protection::WriteOnly(_) => "lock around the write only",
        Protection::ReadOnly(_) => "lock around the read only",
        Protection::Split(..) => "two critical sections",
        Protection::Shared(_) => "shared lock",
        Protection::ThreadOnly(_) => "in-process lock",
        Protection::OnReplaced(_) => "lock on the file that is replaced",
    }
}
