//! What can be done side by side: which files have to do with one another, and work on parts of a list. Knows names, not values.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::program::{Def, FuncId, Input, Program, Resolved};
use crate::source::Lang;

/// Address space for a thread's stack; only what is used becomes memory. Calls are followed into calls.
pub const STACK: usize = 1 << 30;

/// Groups of files. A file and what it imports are in one, and so are all files of a package, a crate, or a folder of scripts; between
/// groups there are no calls.
pub(crate) struct Projects {
    /// By file: its group.
    groups: Vec<u32>,
    /// By file: its package.
    packages: Vec<u32>,
    /// By file: its own package and those of the files that it imports, sorted. An object of which nothing is known is taken to be of a
    /// type of one of these.
    visible: Vec<SmallVec<[u32; 4]>>,
}

impl Projects {
    /// `calls`: for every function, functions that it calls for sure.
    pub(crate) fn of<'a>(program: &Program<'_>, calls: impl Iterator<Item = &'a Vec<FuncId>>) -> Self {
        let mut groups = Groups((0..program.files.len() as u32).collect());
        let inits: FxHashSet<&str> = program.files.iter().filter(|f| f.is_package).map(|f| f.module.as_str()).collect();
        let mut packages: FxHashMap<(Lang, &str), u32> = FxHashMap::default();
        let mut package_of = Vec::with_capacity(program.files.len());
        for (n, file) in program.files.iter().enumerate() {
            let n = n as u32;
            let package = *packages.entry((file.ir.lang, package(file, &inits))).or_insert(n);
            groups.join(package, n);
            package_of.push(package);
        }
        let mut visible = Vec::with_capacity(program.files.len());
        for (n, file) in program.files.iter().enumerate() {
            let n = n as u32;
            let mut seen = SmallVec::from_slice(&[package_of[n as usize]]);
            for (at, import) in file.ir.imports.iter().enumerate() {
                let target = if import.glob { program.glob_target(n, at) } else { program.resolve(n, import.scope, import.name) };
                if let Some(other) = file_of(program, target) {
                    groups.join(other, n);
                    seen.push(package_of[other as usize]);
                }
            }
            seen.sort_unstable();
            seen.dedup();
            visible.push(seen);
        }
        for (f, callees) in calls.enumerate() {
            let (file, _) = program.function(FuncId(f as u32));
            for c in callees {
                groups.join(program.function(*c).0, file);
            }
        }
        let groups = (0..program.files.len() as u32).map(|f| groups.find(f)).collect();
        Self { groups, packages: package_of, visible }
    }

    /// The package of a file.
    pub(crate) fn package(&self, file: u32) -> u32 {
        self.packages[file as usize]
    }

    /// The packages whose types an object may have of which nothing is known in a file.
    pub(crate) fn visible(&self, file: u32) -> &[u32] {
        &self.visible[file as usize]
    }

    /// The groups, dealt out to at most so many parts of about the same number of functions: for every part, its files.
    pub(crate) fn dealt(&self, program: &Program<'_>, parts: usize) -> Vec<Vec<u32>> {
        let mut groups: FxHashMap<u32, (usize, Vec<u32>)> = FxHashMap::default();
        for (file, group) in self.groups.iter().enumerate() {
            let (size, files) = groups.entry(*group).or_default();
            *size += program.files[file].ir.functions.len();
            files.push(file as u32);
        }
        let mut groups: Vec<(usize, Vec<u32>)> = groups.into_values().collect();
        groups.sort_unstable_by(|a, b| b.cmp(a));
        let mut dealt: Vec<(usize, Vec<u32>)> = vec![(0, Vec::new()); parts.clamp(1, groups.len().max(1))];
        for (size, files) in groups {
            let smallest = dealt.iter_mut().min_by_key(|(size, _)| *size).expect("there is a part");
            smallest.0 += size;
            smallest.1.extend(files);
        }
        dealt.into_iter().map(|(_, files)| files).collect()
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

/// Disjoint sets; each is named by its smallest member.
struct Groups(Vec<u32>);

impl Groups {
    fn find(&mut self, mut x: u32) -> u32 {
        while self.0[x as usize] != x {
            let parent = self.0[x as usize];
            self.0[x as usize] = self.0[parent as usize];
            x = parent;
        }
        x
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// Works on a list in as many parts as there are threads, and puts the results together in order.
pub(crate) fn in_parts<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    let size = items.len().div_ceil(threads.max(1)).max(1);
    let parts: Vec<&[T]> = items.chunks(size).collect();
    side_by_side(parts, work).into_iter().flatten().collect()
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
    use super::{Groups, in_parts};

    #[test]
    fn sets_join_through_others() {
        let mut groups = Groups((0..6).collect());
        for (a, b) in [(0, 3), (5, 4), (3, 5)] {
            groups.join(a, b);
        }
        assert_eq!((0..6).map(|x| groups.find(x)).collect::<Vec<_>>(), [0, 1, 2, 0, 0, 0]);
    }

    #[test]
    fn parts_keep_the_order() {
        let items: Vec<u32> = (0..10).collect();
        for threads in [0, 1, 3, 20] {
            assert_eq!(in_parts(&items, threads, |part| part.iter().map(|x| x * 2).collect()), (0..20).step_by(2).collect::<Vec<_>>());
        }
    }
}
