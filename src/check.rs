//! The composition: files to findings. The only place where layers meet.

mod analysis;
mod guard;
mod needed;
mod select;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::config::{ConfigError, Settings};
use crate::finding::suppression::{self, FileSuppressions};
use crate::finding::{Baseline, Changes, Finding, Rule, Suppressed, seal};
use crate::source::discover::{Discovery, PathError};
use crate::source::modules::{self, Module};
use crate::source::{FileId, Files, Lang, Note, NoteKind, Site, SourceFile};
use crate::{engine, frontend, ir};

use analysis::Libraries;

pub use crate::engine::Extent;
pub use guard::quiet_panics;
pub use select::project_path;

/// Parsers are recursive; a deep stack lets them reach their own bounds first.
const STACK: usize = 64 << 20;

/// What to check, and how.
#[derive(Debug)]
pub struct Options {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// Files and directories, as named.
    pub paths: Vec<PathBuf>,
    /// Texts that take the place of files: shown path and text.
    pub buffers: Vec<(String, String)>,
    /// The configuration.
    pub settings: Settings,
    /// Whether these are all files of the project. In single files a finding may be missing because it needs the others,
    /// so that nothing is said of suppressions and entries of the baseline that match nothing.
    pub whole: bool,
    /// What of them is read and analysed.
    pub extent: Extent,
    /// If given, only findings with a place in one of these files are reported.
    pub report_only: Option<Vec<PathBuf>>,
    /// If given, only findings with a place on one of these lines are reported.
    pub changes: Option<Changes>,
    /// If given, what is in it is not reported.
    pub baseline: Option<Baseline>,
    /// The day, for entries of the baseline that expire: `2030-12-31`.
    pub today: String,
    /// Threads; 0 for as many as there are processors.
    pub jobs: usize,
    /// Counts files, for whoever wants to show it.
    pub progress: Arc<Progress>,
}

impl Options {
    /// Checks the working directory with a configuration and nothing else.
    #[must_use]
    pub fn new(cwd: PathBuf, settings: Settings) -> Self {
        Self {
            cwd,
            paths: vec![PathBuf::from(".")],
            buffers: Vec::new(),
            settings,
            whole: true,
            extent: Extent::Needed,
            report_only: None,
            changes: None,
            baseline: None,
            today: String::new(),
            jobs: 0,
            progress: Arc::default(),
        }
    }
}

/// How far a run has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files to read.
    pub total: AtomicUsize,
    /// Files that were read.
    pub done: AtomicUsize,
}

/// What came out of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The files that were looked at.
    pub files: Files,
    /// What is reported, sorted.
    pub findings: Vec<Finding>,
    /// What was silenced, with the reason that was given for it.
    pub suppressed: Vec<Suppressed>,
    /// What went wrong on the way, sorted.
    pub notes: Vec<Note>,
    /// Where the time went, and which bounds were reached.
    pub stats: Stats,
}

/// Where the time went, and which of the analysis' own bounds were reached.
#[derive(Debug, Default)]
pub struct Stats {
    /// Stages in order.
    pub stages: Vec<(&'static str, Duration)>,
    /// Functions that were analysed.
    pub functions: u32,
    /// Functions whose events or nesting went past a bound: a race in one of them may be missed.
    pub bounded: u32,
    /// Calls nested too deep to be followed.
    pub too_deep: u32,
}

/// A run that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path that the user named is not there.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No threads.
    #[error("cannot start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// All rules, in the order in which they are listed.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    let lints = analysis::rules();
    lints.into_iter().chain([&suppression::INVALID, &suppression::UNUSED]).collect()
}

/// Checks.
///
/// # Errors
/// If the run could not be done at all; trouble with single files becomes notes.
pub fn run(options: &Options) -> Result<Outcome, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).stack_size(STACK).build()?;
    pool.install(|| {
        let mut clock = Clock::start();
        let libraries = Libraries::read(&options.settings.models)?;
        let (files, mut notes) = find_files(options)?;
        clock.lap("find files");
        let modules = modules::modules(&files);
        let mut lowered = lower_all(&files, &modules, options);
        notes.extend(lowered.iter().flat_map(|l| l.notes.iter().cloned()));
        clock.lap("read and parse");
        let irs = lowered.iter_mut().map(|l| l.ir.take());
        let threads = rayon::current_num_threads();
        let analyse = || analysis::analyse(&libraries, &files, &modules, irs, threads, options.extent, |stage| clock.lap(stage));
        let (mut findings, bounds, analysed) = deeply(analyse);
        // To free so many small things takes time.
        analysed.into_par_iter().for_each(drop);
        seal(&mut findings, |id| select::project_path(options, files.get(id)));
        let (findings, suppressed, stale) = select::reported(options, &files, findings, &lowered);
        notes.extend(stale);
        notes.sort();
        clock.lap("select");
        let engine::Stats { functions, bounded, too_deep } = bounds;
        Ok(Outcome { files, findings, suppressed, notes, stats: Stats { stages: clock.laps, functions, bounded, too_deep } })
    })
}

/// Runs the engine, which follows calls into calls, on a thread with room for that. The bounds on depth are the engine's own.
fn deeply<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("engine".into()).stack_size(engine::STACK).spawn_scoped(scope, work);
        match thread.expect("a thread can be started").join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// What every function of the named files does, as text.
///
/// # Errors
/// If the run could not be done at all.
pub fn effects(options: &Options) -> Result<String, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).stack_size(STACK).build()?;
    pool.install(|| {
        let libraries = Libraries::read(&options.settings.models)?;
        let (files, _) = find_files(options)?;
        let modules = modules::modules(&files);
        let lowered = lower_all(&files, &modules, options);
        let irs = lowered.into_iter().map(|l| l.ir);
        let threads = rayon::current_num_threads();
        Ok(deeply(|| analysis::summaries(&libraries, &files, &modules, irs, threads)))
    })
}

fn find_files(options: &Options) -> Result<(Files, Vec<Note>), Error> {
    let settings = &options.settings;
    let discovery = Discovery {
        cwd: options.cwd.clone(),
        root: settings.root.clone(),
        paths: options.paths.clone(),
        include: settings.include.clone(),
        exclude: settings.exclude.clone(),
        force_exclude: settings.force_exclude,
        no_ignore: !settings.respect_gitignore,
        report_all: settings.report_all,
        threads: options.jobs,
    };
    let (found, notes) = discovery.run()?;
    let buffer = |(path, text): &(String, String)| Some(SourceFile::in_memory(path.clone(), text, Lang::of_path(path)?));
    Ok((Files::new(options.buffers.iter().filter_map(buffer).chain(found).collect()), notes))
}

/// One file after its front end; empty if nothing needs it.
#[derive(Debug, Default)]
struct Lowered {
    /// `None` if the file is not needed, could not be read, or its front end panicked.
    ir: Option<ir::File>,
    suppressions: FileSuppressions,
    notes: Vec<Note>,
}

/// Lowers all files that can have a part in what is reported; the others stay empty.
fn lower_all(files: &Files, modules: &[Module], options: &Options) -> Vec<Lowered> {
    let progress = &options.progress;
    progress.total.store(files.len(), Ordering::Relaxed);
    let macros = macros(files, modules);
    let tests = if options.settings.report_all { frontend::rust::Tests::Kept } else { frontend::rust::Tests::LeftOut };
    let lowered = needed::lower_needed(files, modules, options.extent, |n| {
        let lowered = lower(FileId(u32::try_from(n).expect("file ids fit")), &files.as_slice()[n], &modules[n], &macros, tests);
        progress.done.fetch_add(1, Ordering::Relaxed);
        lowered
    });
    progress.done.store(files.len(), Ordering::Relaxed);
    lowered
}

/// The macros that the files define: the one thing of other files that a front end must know to read a file. Only files with
/// the words for it are parsed for that; one that cannot be read is reported when it is lowered.
fn macros(files: &Files, modules: &[Module]) -> frontend::rust::Macros {
    let defined = |(file, module): (&SourceFile, &Module)| {
        let text = (file.lang == Lang::Rust).then(|| file.read().ok()).flatten()?;
        let defined = guard::guarded(|| frontend::rust::defined(&text)).ok()?;
        (!defined.is_empty()).then_some((module.clone(), defined))
    };
    frontend::rust::Macros::new(files.as_slice().par_iter().zip(modules).filter_map(defined).collect::<Vec<_>>())
}

fn lower(id: FileId, file: &SourceFile, module: &Module, macros: &frontend::rust::Macros, tests: frontend::rust::Tests) -> Lowered {
    let text = match file.read() {
        Ok(text) => text,
        Err(note) => return Lowered { notes: vec![note], ..Lowered::default() },
    };
    let suppressions = suppressions(id, file.lang, &text);
    let lowered = guard::guarded(|| match file.lang {
        Lang::Python => frontend::python::lower(&text),
        Lang::Rust => frontend::rust::lower_in(&text, macros, module, tests),
    });
    match lowered {
        Ok((ir, problems)) => {
            let note = |p: ir::Problem| Note::at(NoteKind::Syntax, &*file.path, Site { file: id, span: p.span }, p.message);
            Lowered { ir: Some(ir), suppressions, notes: problems.into_iter().map(note).collect() }
        }
        Err(panic) => {
            let note = Note::file(NoteKind::Internal, &*file.path, format!("internal error, please report it: {panic}"));
            Lowered { ir: None, suppressions, notes: vec![note] }
        }
    }
}

/// What the comments of a file silence. Comments are looked for only in files that hold the word.
fn suppressions(id: FileId, lang: Lang, text: &str) -> FileSuppressions {
    if memchr::memmem::find(text.as_bytes(), suppression::MARK.as_bytes()).is_none() {
        return FileSuppressions::default();
    }
    let comments = guard::guarded(|| match lang {
        Lang::Python => frontend::python::comments(text),
        Lang::Rust => frontend::rust::comments(text),
    });
    suppression::read(id, text, &comments.unwrap_or_default(), &rules())
}

/// Measures stages.
struct Clock {
    since: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn start() -> Self {
        Self { since: Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.laps.push((name, now - self.since));
        self.since = now;
    }
}
