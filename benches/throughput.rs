//! A whole check beside only parsing the same files with the same parsers on the same threads, in turn, in one run.
//!
//! `cargo bench --bench throughput -- DIR [THREADS]`; without a directory it runs over the fixtures. It prints the median of each, their
//! ratio, and the peak memory of the process (Linux: `VmHWM`), which is that of the larger of the two.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use toctou::check::{self, Options};
use toctou::config::Settings;

/// The command's own, so that both sides have the same.
#[cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ROUNDS: usize = 5;

fn main() {
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let dir = PathBuf::from(args.next().unwrap_or_else(|| "fixtures".into()));
    let threads = args.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let dir = std::fs::canonicalize(&dir).expect("the directory is there");
    let files = sources(&dir);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(64 << 20).build().expect("threads");
    let (mut parse, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        parse.push(timed(|| pool.install(|| files.par_iter().for_each(|f| parse_only(f)))));
        whole.push(timed(|| run(&dir, threads)));
    }
    let (parse, whole) = (median(parse), median(whole));
    println!("{} files in {}", files.len(), dir.display());
    println!("parse only  {:8.3} s", parse.as_secs_f64());
    println!("check       {:8.3} s", whole.as_secs_f64());
    println!("ratio       {:8.2}", whole.as_secs_f64() / parse.as_secs_f64());
    if let Some(line) =
        std::fs::read_to_string("/proc/self/status").ok().and_then(|s| s.lines().find(|l| l.starts_with("VmHWM")).map(str::to_owned))
    {
        println!("peak memory {}", line.trim_start_matches("VmHWM:").trim());
    }
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().filter_map(Result::ok);
    let is_source = |p: &Path| p.extension().is_some_and(|e| e == "py" || e == "rs");
    entries.filter(|e| e.file_type().is_file() && is_source(e.path())).map(walkdir::DirEntry::into_path).collect()
}

fn parse_only(file: &Path) {
    let Ok(text) = std::fs::read_to_string(file) else { return };
    if file.extension().is_some_and(|e| e == "py") {
        let parsed = ruff_python_parser::parse_unchecked_source(&text, ruff_python_ast::PySourceType::Python);
        std::hint::black_box(&parsed);
    } else {
        std::hint::black_box(&syn::parse_file(&text).ok());
        proc_macro2::extra::invalidate_current_thread_spans();
    }
}

fn run(dir: &Path, threads: usize) {
    let settings = Settings::new(Vec::new(), dir.to_owned()).expect("no patterns, none wrong");
    let mut options = Options::new(dir.to_owned(), settings);
    options.paths = vec![dir.to_owned()];
    options.jobs = threads;
    let outcome = check::run(&options).expect("the check runs");
    std::hint::black_box(outcome.findings.len());
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
