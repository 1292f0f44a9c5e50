//! The cost of one lock, and of one update, when nobody else wants it.
use std::fs;
use std::path::Path;

use rustix::time::{clock_gettime, ClockId};
use session_lock::{Durability, SessionDir};

use crate::peers;

const SAMPLES: usize = 31;

/// CPU time of this process in nanoseconds.
fn cpu() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Something to measure, by its name.
type Task<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Measures all tasks in turns and prints the smallest and the median time, the latter also as a multiple of the first task's.
fn measure(title: &str, rounds: usize, tasks: &mut [Task<'_>]) {
    let mut samples = vec![Vec::with_capacity(SAMPLES); tasks.len()];
    for sample in 0..=SAMPLES {
        for ((_, task), samples) in tasks.iter_mut().zip(&mut samples) {
            let start = cpu();
            (0..rounds).for_each(|_| task());
            // The first sample warms up.
            if sample > 0 {
                samples.push((cpu() - start) as f64 / rounds as f64);
            }
        }
    }
    samples.iter_mut().for_each(|samples| samples.sort_by(f64::total_cmp));
    println!("\n{title}\n\n| | min ns | median ns | × first |\n|---|---:|---:|---:|");
    let first = samples[0][SAMPLES / 2];
    for ((name, _), samples) in tasks.iter().zip(&samples) {
        let (least, median) = (samples[0], samples[SAMPLES / 2]);
        println!("| {name} | {least:.0} | {median:.0} | {:.2} |", median / first);
    }
}

pub(crate) fn compare(place: &str) {
    let scratch = tempfile::tempdir_in(place).unwrap();
    let dir = scratch.path();
    let sessions = SessionDir::options().durability(Durability::None).open(dir).unwrap();
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for (name, lock) in peers::ALL {
        let sessions = &sessions;
        tasks.push((name, Box::new(move || lock(dir, sessions, &mut || {}))));
    }
    measure(&format!("One lock and unlock, uncontended, in {place}"), 4_000, &mut tasks);
    compare_updates(place, dir, &sessions);
}

/// A session of a few events.
fn next(old: Option<&[u8]>) -> Vec<u8> {
    let mut new = old.map(<[u8]>::to_vec).unwrap_or_else(|| vec![b'x'; 1_000]);
    new.rotate_left(1);
    new
}

/// Reads, writes a temporary file and renames it, without any lock.
fn bare_update(data: &Path, temp: &Path) {
    let old = fs::read(data).ok();
    fs::write(temp, next(old.as_deref())).unwrap();
    fs::rename(temp, data).unwrap();
}

fn compare_updates(place: &str, dir: &Path, sessions: &SessionDir) {
    let (data, temp) = (dir.join("bare.json"), dir.join(".bare.json.tmp"));
    let mut held = sessions.lock("held").unwrap();
    let mut tasks: Vec<Task<'_>> = vec![
        ("bare read, write temp, rename", Box::new(|| bare_update(&data, &temp))),
        ("update (Durability::None)", Box::new(|| held.update(|old| Ok::<_, session_lock::Error>(next(old))).unwrap())),
        ("lock, update, unlock", Box::new(|| sessions.lock("s").unwrap().update(|old| Ok::<_, session_lock::Error>(next(old))).unwrap())),
    ];
    measure(&format!("One update of 1 kB, in {place}"), 1_000, &mut tasks);
}
