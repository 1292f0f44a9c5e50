//! `session-lock-verify DIR`: whether the file system that DIR is on really locks.
//!
//! Several processes take the lock of one session again and again. Each notes when it held it, by the clock that all processes of
//! this machine share, and adds one to a counter that nothing but the lock protects. Two holds that overlap, or a count that is
//! missing, show that the lock does not exclude.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::{env, fs};

use session_lock::{Durability, SessionDir};

const USAGE: &str = "\
Usage: session-lock-verify [OPTIONS] DIR

Checks with several processes that session locks in DIR exclude each other.

Options:
  --processes N       how many processes contend (default 4)
  --rounds N          how often each of them locks (default 2000)
  --allow-network-fs  check a directory on NFS too
  --no-lock           do not lock: shows what a file system that does not lock looks like
  --help              print this

Exit status: 0 the locks exclude, 1 they do not, 2 the check could not be made.
";

type Failure = Box<dyn Error>;

struct Options {
    dir: PathBuf,
    processes: usize,
    rounds: usize,
    allow_network_fs: bool,
    lock: bool,
    worker: Option<String>,
}

impl Options {
    /// `None` if the arguments ask for help.
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut dir = None;
        let mut options = Self { dir: PathBuf::new(), processes: 4, rounds: 2000, allow_network_fs: false, lock: true, worker: None };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--help" => return Ok(None),
                "--processes" => options.processes = value()?.parse()?,
                "--rounds" => options.rounds = value()?.parse()?,
                "--allow-network-fs" => options.allow_network_fs = true,
                "--no-lock" => options.lock = false,
                "--worker" => options.worker = Some(value()?),
                other if other.starts_with('-') => return Err(format!("unknown option {other}").into()),
                _ if dir.is_none() => dir = Some(PathBuf::from(argument)),
                other => return Err(format!("one directory is enough: {other}").into()),
            }
        }
        options.dir = dir.ok_or("which directory?")?;
        match options.processes < 2 || options.rounds == 0 {
            true => Err("at least 2 processes and 1 round are needed".into()),
            false => Ok(Some(options)),
        }
    }

    fn open(&self) -> Result<SessionDir, Failure> {
        let options = SessionDir::options().durability(Durability::None).data_ext("count").allow_network_fs(self.allow_network_fs);
        Ok(options.open(&self.dir)?)
    }
}

fn main() -> ExitCode {
    let answer = match Options::parse(env::args().skip(1)) {
        Ok(None) => return say(USAGE, 0),
        Ok(Some(options)) => match &options.worker {
            Some(id) => work(&options, id).map(|()| true),
            None => verify(&options),
        },
        Err(error) => Err(format!("{error}\n\n{USAGE}").into()),
    };
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "session-lock-verify: {error}");
            ExitCode::from(2)
        }
    }
}

fn say(text: &str, status: u8) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(status),
        Err(_) => ExitCode::from(2),
    }
}

/// A hold of the lock: from, to and by which worker.
type Hold = (u64, u64, usize);

fn verify(options: &Options) -> Result<bool, Failure> {
    options.open()?;
    let id = format!("session-lock-verify-{}", std::process::id());
    let counter = options.dir.join(format!("{id}.count"));
    fs::write(&counter, "0")?;
    let outcome = contend(options, &id).and_then(|holds| Ok((holds, read_count(&counter)?)));
    for name in [counter, options.dir.join(format!("{id}.lock"))] {
        let _ = fs::remove_file(name);
    }
    let (mut holds, count) = outcome?;
    let expected = options.processes * options.rounds;
    let overlaps = overlapping(&mut holds);
    let good = holds.len() == expected && overlaps == 0 && count == expected;
    let verdict = if good { "the locks exclude each other" } else { "NOT LOCKED" };
    writeln!(
        io::stdout(),
        "{}: {verdict}: {} processes, {} holds, {overlaps} overlapping, {} updates lost",
        options.dir.display(),
        options.processes,
        holds.len(),
        expected.saturating_sub(count)
    )?;
    Ok(good)
}

/// Starts the workers, lets all of them go at once, and gathers their holds.
fn contend(options: &Options, id: &str) -> Result<Vec<Hold>, Failure> {
    let mut children = Vec::new();
    let spawned = (0..options.processes).try_for_each(|_| spawn(options, id).map(|child| children.push(child)));
    let outcome = spawned.and_then(|()| gather(&mut children));
    for child in &mut children {
        let _ = child.kill();
        let _ = child.wait();
    }
    outcome
}

fn spawn(options: &Options, id: &str) -> Result<Child, Failure> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--worker", id, "--rounds"]).arg(options.rounds.to_string());
    command.args(options.allow_network_fs.then_some("--allow-network-fs")).args((!options.lock).then_some("--no-lock"));
    Ok(command.arg(&options.dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}

fn gather(children: &mut [Child]) -> Result<Vec<Hold>, Failure> {
    let mut outputs = Vec::new();
    for child in children.iter_mut() {
        let mut lines = io::BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        if lines.next().transpose()?.as_deref() != Some("ready") {
            return Err("a worker did not start".into());
        }
        outputs.push(lines);
    }
    for child in children.iter_mut() {
        // Closing the input is the sign to start.
        drop(child.stdin.take());
    }
    let mut holds = Vec::new();
    for (worker, lines) in outputs.into_iter().enumerate() {
        for line in lines {
            let line = line?;
            let (from, to) = line.split_once(' ').ok_or("a worker failed")?;
            holds.push((from.parse()?, to.parse()?, worker));
        }
    }
    Ok(holds)
}

/// How many holds began before an earlier one had ended.
fn overlapping(holds: &mut [Hold]) -> usize {
    holds.sort_unstable();
    let mut latest_end = 0;
    let mut overlaps = 0;
    for (from, to, _) in holds.iter() {
        overlaps += usize::from(*from < latest_end);
        latest_end = latest_end.max(*to);
    }
    overlaps
}

fn read_count(counter: &Path) -> Result<usize, Failure> {
    // Without a lock a reader may meet a file that is just being written.
    Ok(fs::read_to_string(counter)?.trim().parse().unwrap_or(0))
}

fn work(options: &Options, id: &str) -> Result<(), Failure> {
    let dir = options.open()?;
    let counter = options.dir.join(format!("{id}.count"));
    writeln!(io::stdout(), "ready")?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    let mut holds = Vec::with_capacity(options.rounds);
    for _ in 0..options.rounds {
        let guard = options.lock.then(|| dir.lock(id)).transpose()?;
        let from = now()?;
        let count = read_count(&counter)?;
        fs::write(&counter, (count + 1).to_string())?;
        holds.push((from, now()?));
        drop(guard);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (from, to) in holds {
        writeln!(out, "{from} {to}")?;
    }
    Ok(out.flush()?)
}

/// Nanoseconds by a clock that all processes of this machine share.
#[cfg(unix)]
fn now() -> Result<u64, Failure> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Ok(u64::try_from(time.tv_sec)? * 1_000_000_000 + u64::try_from(time.tv_nsec)?)
}

/// Nanoseconds by a clock that all processes of this machine share.
#[cfg(not(unix))]
fn now() -> Result<u64, Failure> {
    Ok(u64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos())?)
}
