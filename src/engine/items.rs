//! Elements by key of objects that have methods for them: what is taken out of such an object, or put into it, its methods say.

use super::frame::Frame;
use super::program::TypeId;
use super::subst::mix;
use crate::effect::{Ty, Value};
use crate::ir::{Key, Var};
use crate::source::{Lang, Span, Sym};

/// What Python calls for `object[key]`, and for `object[key] = value`.
const METHODS: [&str; 2] = ["__getitem__", "__setitem__"];

impl Frame<'_, '_> {
    /// What the object's own method does for the element under a key, if it has one.
    pub(crate) fn item_by_method(&mut self, base: Var, key: &Key, given: Option<Var>, span: Span) -> Option<Value> {
        if self.ir_lang() != Lang::Python {
            return None;
        }
        let object = self.var(base);
        let ty = object.ty.clone()?;
        let method = Sym::new(METHODS[usize::from(given.is_some())]);
        let key = match key {
            Key::Const(k) => Value::text(*k),
            Key::Var(k) => self.var(*k),
        };
        let args: Vec<Value> = [object, key].into_iter().chain(given.map(|v| self.var(v))).collect();
        let mut library = Vec::new();
        let found = match ty {
            Ty::Project(t) => self.cx.program.find_method(TypeId(t), method, &mut library),
            Ty::Library(l) => {
                library.push(l);
                None
            }
        };
        let of_library = || library.iter().find_map(|l| self.lib.method(*l, method));
        if let Some(f) = found {
            let origin = self.call_at(span, f);
            return Some(self.call_project(f, args, &[], &origin));
        }
        let (path, c) = of_library()?;
        let mut origin = self.here(span);
        origin.key = mix((origin.key, path.as_str()));
        origin.instance = self.instance(origin.key);
        Some(self.apply_library(path, c, args, &[], &origin))
    }
}
