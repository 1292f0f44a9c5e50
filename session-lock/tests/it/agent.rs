//! What this binary does when a test runs it again as another process.
//!
//! The test below is the way in: it is ignored unless asked for by name, reads what to do from the environment, talks in lines
//! that begin with `@`, and runs on the main thread, the only one of the process.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{mpsc, Arc};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use session_lock::{Durability, Error, SessionDir, UpdateError};

use crate::support::fork;

#[test]
#[ignore = "not a test: what the other processes of the tests run"]
fn agent() {
    let words = std::env::var("SESSION_LOCK_AGENT").expect("set by the test that starts the agent");
    let words: Vec<&str> = words.split('\n').collect();
    match words[..] {
        ["hold", kind, dir, id, _] => hold(kind, Path::new(dir), id),
        ["try", kind, dir, id, _] => say(if take(kind, Path::new(dir), id, false).is_some() { "yes" } else { "no" }),
        ["count", kind, dir, id, how_long] => count(kind, Path::new(dir), id, how_long),
        ["count-threads", dir, id, threads, rounds] => count_threads(Path::new(dir), id, number(threads), number(rounds)),
        ["count-forever", dir, id, durability] => count_forever(Path::new(dir), id, durability),
        ["update", dir, id, size, durability] => update(dir, id, number(size), durability),
        ["lock", dir, id] => say(&outcome(SessionDir::open(dir).and_then(|dir| dir.try_lock(id).map(drop)))),
        ["lock-shared", dir, id] => say(&outcome(SessionDir::open(dir).and_then(|dir| dir.try_lock_shared(id).map(drop)))),
        ["die-in-update", dir, id] => die_in_update(Path::new(dir), id),
        ["fork", scene, dir, id] => forked(scene, Path::new(dir), id),
        ["lock-all", dir, ids, rounds] => lock_all(Path::new(dir), ids, number(rounds)),
        ["wait", dir, id] => wait(Path::new(dir), id),
        ["cancel", dir, id] => crate::waits::cancel(Path::new(dir), id),
        _ => panic!("unknown verb: {words:?}"),
    }
    io::stdout().flush().unwrap();
    std::process::exit(0);
}

pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "@{line}").and_then(|()| out.flush()).unwrap();
}

pub(crate) fn await_go() {
    io::stdin().read_line(&mut String::new()).unwrap();
}

fn number(word: &str) -> usize {
    word.parse().unwrap()
}

/// The name of the variant, or `ok`.
pub(crate) fn outcome<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(Error::Io { op, source, .. }) => format!("Io {op}: {:?}", source.kind()),
        Err(other) => format!("{other:?}").split([' ', '{', '(']).next().unwrap().to_owned(),
    }
}

fn durability(word: &str) -> Durability {
    match word {
        "full" => Durability::Full,
        "file" => Durability::FileOnly,
        "none" => Durability::None,
        other => panic!("{other}"),
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    n: usize,
}

/// A lock that some crate took; dropping it unlocks.
type Held = Box<dyn FnOnce()>;

fn lock_file(dir: &Path, id: &str) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join(format!("{id}.lock"))).unwrap()
}

/// Takes the lock by the crate of that name; `None` if it is not free and the caller does not wait.
#[allow(clippy::incompatible_msrv)]
fn take(kind: &str, dir: &Path, id: &str, wait: bool) -> Option<Held> {
    match kind {
        "ours" => {
            let dir = SessionDir::open(dir).unwrap();
            let guard = match dir.try_lock(id) {
                Err(Error::WouldBlock { .. }) if !wait => return None,
                Err(Error::WouldBlock { .. }) => dir.lock(id).unwrap(),
                outcome => outcome.unwrap(),
            };
            Some(Box::new(move || drop(guard)))
        }
        "fs2" => by_file(lock_file(dir, id), wait, fs2_lock, fs2::FileExt::unlock),
        "std" => by_file(lock_file(dir, id), wait, std_lock, File::unlock),
        "fs4" => by_file(lock_file(dir, id), wait, fs4_lock, fs4::FileExt::unlock),
        "fd-lock" => by_fd_lock(lock_file(dir, id), wait),
        other => panic!("{other}"),
    }
}

fn by_file(file: File, wait: bool, lock: fn(&File, bool) -> bool, unlock: fn(&File) -> io::Result<()>) -> Option<Held> {
    lock(&file, wait).then(|| Box::new(move || unlock(&file).unwrap()) as Held)
}

fn fs2_lock(file: &File, wait: bool) -> bool {
    if wait {
        fs2::FileExt::lock_exclusive(file).is_ok()
    } else {
        fs2::FileExt::try_lock_exclusive(file).is_ok()
    }
}

#[allow(clippy::incompatible_msrv)]
fn std_lock(file: &File, wait: bool) -> bool {
    if wait {
        file.lock().is_ok()
    } else {
        file.try_lock().is_ok()
    }
}

fn fs4_lock(file: &File, wait: bool) -> bool {
    if wait {
        fs4::FileExt::lock(file).is_ok()
    } else {
        fs4::FileExt::try_lock(file).is_ok()
    }
}

/// The guard borrows the lock, so a thread of its own keeps both until it is told to let go.
fn by_fd_lock(file: File, wait: bool) -> Option<Held> {
    let (taken, is_taken) = mpsc::channel();
    let (let_go, told) = mpsc::channel::<()>();
    let keeper = thread::spawn(move || {
        let mut lock = fd_lock::RwLock::new(file);
        let guard = if wait { Some(lock.write().unwrap()) } else { lock.try_write().ok() };
        taken.send(guard.is_some()).unwrap();
        let _ = told.recv();
    });
    is_taken.recv().unwrap().then(|| -> Held {
        Box::new(move || {
            drop(let_go);
            keeper.join().unwrap();
        })
    })
}

fn hold(kind: &str, dir: &Path, id: &str) {
    let held = take(kind, dir, id, true).unwrap();
    say("held");
    await_go();
    held();
    say("freed");
}

/// Adds one to the counter like any program that does not use this crate.
fn add_one(dir: &Path, id: &str) {
    let path = dir.join(format!("{id}.json"));
    let count = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Counter>(&bytes).ok()).unwrap_or_default().n;
    let temp = dir.join(format!("{id}.json.{}", std::process::id()));
    fs::write(&temp, format!("{{\"n\":{}}}", count + 1)).unwrap();
    fs::rename(temp, path).unwrap();
}

/// Adds one to the counter the way this crate means it.
fn add_one_ours(dir: &SessionDir, id: &str) -> usize {
    let increment = |counter: &mut Counter| {
        counter.n += 1;
        counter.n
    };
    dir.lock(id).unwrap().update_json(increment).unwrap()
}

fn count(kind: &str, path: &Path, id: &str, how_long: &str) {
    let dir = SessionDir::open(path).unwrap();
    let (unit, amount) = how_long.split_once(':').unwrap();
    let amount = number(amount);
    say("ready");
    await_go();
    let (mut done, start) = (0, Instant::now());
    while if unit == "rounds" { done < amount } else { start.elapsed() < Duration::from_millis(amount as u64) } {
        if kind == "ours" {
            add_one_ours(&dir, id);
        } else {
            let held = take(kind, path, id, true).unwrap();
            add_one(path, id);
            held();
        }
        done += 1;
    }
    say(&format!("done {done}"));
}

fn count_threads(path: &Path, id: &str, threads: usize, rounds: usize) {
    let dir = Arc::new(SessionDir::open(path).unwrap());
    say("ready");
    await_go();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    add_one_ours(&dir, id);
                }
            });
        }
    });
    say(&format!("done {}", threads * rounds));
}

fn count_forever(path: &Path, id: &str, durability_word: &str) {
    let dir = SessionDir::options().durability(durability(durability_word)).open(path).unwrap();
    say("ready");
    loop {
        say(&add_one_ours(&dir, id).to_string());
    }
}

fn update(dir: &str, id: &str, size: usize, durability_word: &str) {
    let update = || {
        let dir = SessionDir::options().durability(durability(durability_word)).open(dir)?;
        dir.lock(id)?.update(|_| Ok::<_, std::convert::Infallible>(vec![b'n'; size])).map_err(|error| match error {
            UpdateError::Lock(error) => error,
            UpdateError::Closure(never) => match never {},
        })
    };
    say(&outcome(update()));
}

fn die_in_update(dir: &Path, id: &str) {
    let dir = SessionDir::open(dir).unwrap();
    let _ = dir.lock(id).unwrap().update(|_| -> Result<Vec<u8>, Error> {
        say("dying");
        // What a panic does in a program built with `panic = "abort"`.
        std::process::abort()
    });
}

/// Waits for the lock while signals come in.
fn wait(dir: &Path, id: &str) {
    fork::interruptible();
    let dir = SessionDir::open(dir).unwrap();
    say("ready");
    say(&outcome(dir.lock(id)));
}

fn lock_all(dir: &Path, ids: &str, rounds: usize) {
    let dir = SessionDir::options().durability(Durability::None).open(dir).unwrap();
    say("ready");
    await_go();
    for _ in 0..rounds {
        let mut all = dir.lock_all(ids.split(',')).unwrap();
        for session in all.iter_mut() {
            session.update_json(|counter: &mut Counter| counter.n += 1).unwrap();
        }
    }
    say("done");
}

fn forked(scene: &str, path: &Path, id: &str) {
    let dir = SessionDir::open(path).unwrap();
    let mut guard = dir.lock(id).unwrap();
    match scene {
        "child drops" => {
            // The child's copy goes with its destructors, as when a forked worker returns from its function.
            let mut guard = Some(guard);
            fork::wait_for(fork::fork(|| drop(guard.take())));
            say("held");
            await_go();
        }
        "child unlocks" => {
            let mut guard = Some(guard);
            fork::wait_for(fork::fork(|| guard.take().unwrap().unlock().unwrap()));
            say("held");
            await_go();
        }
        "child writes" => {
            guard.replace(b"parent").unwrap();
            fork::wait_for(fork::fork(|| say(&outcome(guard.replace(b"child")))));
            say("held");
            await_go();
        }
        "child locks" => {
            fork::wait_for(fork::fork(|| say(&outcome(dir.try_lock(id)))));
            say("held");
            await_go();
        }
        "parent drops" => {
            let child = fork::fork(|| loop {
                thread::park();
            });
            drop(guard);
            say(&format!("freed {child}"));
            await_go();
        }
        "program inherits" | "program inherits by mistake" => {
            if scene.ends_with("by mistake") {
                unset_cloexec(&guard.lock_path().canonicalize().unwrap());
            }
            let mut program = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
            say(&format!("running {}", program.id()));
            await_go();
            drop(guard);
            say("freed");
            await_go();
            drop(program.stdin.take());
            program.wait().unwrap();
        }
        other => panic!("{other}"),
    }
}

/// Finds the descriptor of the lock file and lets programs that are run inherit it.
fn unset_cloexec(lock_path: &Path) {
    let descriptors: Vec<PathBuf> = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path()).collect();
    let found = descriptors.iter().find(|fd| fs::read_link(fd).is_ok_and(|target| target == lock_path)).unwrap();
    let fd: i32 = found.file_name().unwrap().to_str().unwrap().parse().unwrap();
    fork::keep_on_exec(fd);
}
