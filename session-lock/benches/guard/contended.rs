//! Throughput and fairness when several processes want the same session all the time.
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use session_lock::SessionDir;

use crate::peers::{self, Peer};

const PROCESSES: usize = 8;
const SECONDS: u64 = 4;
const RUNS: usize = 5;
const PEERS: [Peer; 3] = [peers::RAW, peers::GUARD, peers::TIMED];

/// Starts the workers, lets all go at once and returns how often each had the lock.
fn contend(name: &str, dir: &Path) -> Vec<f64> {
    fs::write(dir.join("counter"), "0").unwrap();
    let start = |_| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--worker", name]).arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    };
    let mut workers: Vec<Child> = (0..PROCESSES).map(start).collect();
    let mut lines: Vec<_> = workers.iter_mut().map(|worker| BufReader::new(worker.stdout.take().unwrap()).lines()).collect();
    lines.iter_mut().for_each(|lines| assert_eq!(lines.next().unwrap().unwrap(), "ready"));
    workers.iter_mut().for_each(|worker| drop(worker.stdin.take()));
    let counts: Vec<f64> = lines.iter_mut().map(|lines| lines.next().unwrap().unwrap().parse().unwrap()).collect();
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    let counted: f64 = fs::read_to_string(dir.join("counter")).unwrap().parse().unwrap();
    assert_eq!(counted, counts.iter().sum::<f64>(), "{name} lost updates");
    counts
}

/// What a worker does: adds one to a counter under the lock, again and again.
pub(crate) fn work(words: &[String]) {
    let (_, lock) = PEERS.into_iter().find(|(name, _)| *name == words[0]).unwrap();
    let dir = Path::new(&words[1]);
    let sessions = SessionDir::open(dir).unwrap();
    let (counter, temp) = (dir.join("counter"), dir.join("counter.tmp"));
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(SECONDS) {
        lock(dir, &sessions, &mut || {
            // Read, modify, write, as a session is written: atomically.
            let old: u64 = fs::read_to_string(&counter).unwrap().parse().unwrap();
            fs::write(&temp, (old + 1).to_string()).unwrap();
            fs::rename(&temp, &counter).unwrap();
        });
        count += 1;
    }
    println!("{count}");
}

/// 1 if all had the same, 1/n if one had all.
fn jain(counts: &[f64]) -> f64 {
    let (sum, squares) = (counts.iter().sum::<f64>(), counts.iter().map(|count| count * count).sum::<f64>());
    sum * sum / (counts.len() as f64 * squares)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn compare() {
    let scratch = tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { env!("CARGO_TARGET_TMPDIR") }).unwrap();
    let mut results = vec![(Vec::new(), Vec::new()); PEERS.len()];
    for _ in 0..RUNS {
        for ((name, _), (rates, fairness)) in PEERS.into_iter().zip(&mut results) {
            let counts = contend(name, scratch.path());
            rates.push(counts.iter().sum::<f64>() / SECONDS as f64);
            fairness.push(jain(&counts));
        }
    }
    println!("\n{PROCESSES} processes contend for {SECONDS} s, median of {RUNS} runs\n\n| | updates/s | × first | Jain index |\n|---|---:|---:|---:|");
    let first = median(results[0].0.clone());
    for ((name, _), (rates, fairness)) in PEERS.into_iter().zip(results) {
        let rate = median(rates);
        println!("| {name} | {rate:.0} | {:.2} | {:.3} |", rate / first, median(fairness));
    }
}
