//! What can be done side by side: which files belong together, and work on parts of a list. Knows names, not values.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::program::{Def, Input, Program, Resolved};
use crate::source::Lang;

/// Address space for a thread's stack; only what is used becomes memory. Calls are followed into calls.
pub const STACK: usize = 1 << 30;

/// The packages that files belong to: a Python package, a crate, or a folder of scripts.
pub(crate) struct Packages {
    /// By file; a package is named by its first file.
    of_file: Vec<u32>,
    /// By file: its own package and those of the files that it imports, sorted. An object of which nothing is known is taken to be of a
    /// type of one of these.
    visible: Vec<SmallVec<[u32; 4]>>,
}

impl Packages {
    pub(crate) fn of(program: &Program<'_>) -> Self {
        let inits: FxHashSet<&str> = program.files.iter().filter(|f| f.is_package).map(|f| f.module.as_str()).collect();
        let mut packages: FxHashMap<(Lang, &str), u32> = FxHashMap::default();
        let files = program.files.iter().enumerate();
        let of_file: Vec<u32> = files.map(|(n, file)| *packages.entry((file.ir.lang, package(file, &inits))).or_insert(n as u32)).collect();
        let visible = |(n, file): (usize, &Input)| {
            let mut seen = SmallVec::from_slice(&[of_file[n]]);
            for (at, import) in file.ir.imports.iter().enumerate() {
                let target =
                    if import.glob { program.glob_target(n as u32, at) } else { program.resolve(n as u32, import.scope, import.name) };
                seen.extend(file_of(program, target).map(|other| of_file[other as usize]));
            }
            seen.sort_unstable();
            seen.dedup();
            seen
        };
        let visible = program.files.iter().enumerate().map(visible).collect();
        Self { of_file, visible }
    }

    /// The package of a file.
    pub(crate) fn of_file(&self, file: u32) -> u32 {
        self.of_file[file as usize]
    }

    /// The packages whose types an object may have of which nothing is known in a file.
    pub(crate) fn visible(&self, file: u32) -> &[u32] {
        &self.visible[file as usize]
    }
}

/// The outermost package or the crate that a file belongs to; for a Python file that is in no package, its folder. `inits`: the folders
/// that are packages by an `__init__.py`.
fn package<'a>(file: &'a Input, inits: &FxHashSet<&str>) -> &'a str {
    let module = file.module.as_str();
    let up = |m: &'a str| m.rsplit_once('.').map_or("", |(folder, _)| folder);
    if file.ir.lang == Lang::Rust {
        return module.split('.').next().unwrap_or_default();
    }
    let mut folder = if file.is_package { module } else { up(module) };
    while inits.contains(folder) && inits.contains(up(folder)) {
        folder = up(folder);
    }
    folder
}

fn file_of(program: &Program<'_>, target: Resolved) -> Option<u32> {
    match target {
        Resolved::Def(Def::Func(f)) => Some(program.function(f).0),
        Resolved::Def(Def::Type(t)) => Some(program.types[t.0 as usize].file),
        Resolved::Def(Def::Module(m)) | Resolved::Global(m, _, _) => Some(m),
        Resolved::External(_) => None,
    }
}

/// Parts for each thread, so that none waits long for the last.
const PARTS: usize = 8;

/// Works on a list in parts on so many threads, and puts the results together in order.
pub(crate) fn in_parts<T: Sync, R: Send + Sync>(items: &[T], threads: usize, work: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    if threads < 2 {
        return work(items);
    }
    let parts: Vec<&[T]> = items.chunks(items.len().div_ceil(threads * PARTS).max(1)).collect();
    let done: Vec<OnceLock<Vec<R>>> = parts.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    side_by_side((0..threads.min(parts.len())).collect(), |_| {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some((part, done)) = parts.get(n).zip(done.get(n)) else { break };
            done.get_or_init(|| work(part));
        }
    });
    done.into_iter().flat_map(|d| d.into_inner().unwrap_or_default()).collect()
}

/// Does all the work at once, each piece on a thread with room for deep calls.
pub(crate) fn side_by_side<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    if pieces.len() < 2 {
        return pieces.into_iter().map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let start = |piece| {
            let builder = std::thread::Builder::new().name("engine".into()).stack_size(STACK);
            builder.spawn_scoped(scope, move || work(piece)).expect("a thread can be started")
        };
        let threads: Vec<_> = pieces.into_iter().map(start).collect();
        let ended = threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::in_parts;

    #[test]
    fn parts_keep_the_order() {
        let items: Vec<u32> = (0..10).collect();
        for threads in [0, 1, 3, 20] {
            assert_eq!(in_parts(&items, threads, |part| part.iter().map(|x| x * 2).collect()), (0..20).step_by(2).collect::<Vec<_>>());
        }
    }
}
