//! P4 and P5: SIGKILL at any moment (T5). Nothing acknowledged is lost, nothing is torn, nothing has to be cleaned up by hand.
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use session_lock::SessionDir;

use crate::support::{alone, counter, disk, names, scaled, scratch, Agent, Proc};

const WORKERS: usize = 3;

/// Delays without a pattern, the same in every run.
struct Delays(u64);

impl Delays {
    fn next(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % 9_000)
    }
}

fn start(dir: &Path, durability: &str) -> Proc {
    let mut worker = Agent::plain().start(["count-forever", dir.to_str().unwrap(), "s", durability]);
    worker.expect("ready");
    worker
}

/// Reads without the lock: whatever is there must be whole, and never older than before.
fn read_all_the_time(dir: &Path, stop: &AtomicBool) -> usize {
    let (mut latest, mut reads) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        if dir.join("s.json").exists() {
            let now = counter(dir, "s");
            assert!(now >= latest, "went back from {latest} to {now}");
            (latest, reads) = (now, reads + 1);
        }
    }
    reads
}

fn chaos(dir: &Path, durability: &str, kills: usize) {
    let mut delays = Delays(0x9e37_79b9_7f4a_7c15);
    let stop = AtomicBool::new(false);
    let mut acknowledged = 0;
    thread::scope(|scope| {
        let reader = scope.spawn(|| read_all_the_time(dir, &stop));
        let mut workers: Vec<_> = (0..WORKERS).map(|_| start(dir, durability)).collect();
        for kill in 0..kills {
            let victim = &mut workers[kill % WORKERS];
            thread::sleep(delays.next());
            victim.kill();
            acknowledged += victim.rest().len();
            let temps = names(dir).into_iter().filter(|name| name.ends_with(".tmp")).count();
            assert!(temps <= 1, "{:?}", names(dir));
            *victim = start(dir, durability);
        }
        for worker in &mut workers {
            worker.kill();
            acknowledged += worker.rest().len();
        }
        stop.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    let kills = kills + WORKERS;
    let freed = Instant::now();
    let sessions = SessionDir::open(dir).unwrap();
    let mut session = sessions.lock_timeout("s", Duration::from_secs(5)).unwrap();
    assert!(freed.elapsed() < Duration::from_millis(100), "the lock was not free at once");
    let total = counter(dir, "s");
    assert!(total >= acknowledged, "{acknowledged} acknowledged, {total} counted");
    assert!(total <= acknowledged + kills, "{acknowledged} acknowledged, {kills} killed, {total} counted");
    session.replace(b"{}").unwrap();
    assert_eq!(names(dir), ["s.json", "s.lock"], "the leftover was not reclaimed");
}

#[test]
fn t5_kills_in_memory() {
    let _alone = alone();
    let dir = scratch();
    chaos(dir.path(), "full", scaled(120, 1_000));
}

#[test]
fn t5_kills_on_the_disk() {
    let _alone = alone();
    let dir = disk();
    chaos(dir.path(), "file", scaled(30, 1_000));
}

#[test]
fn t5_a_leftover_is_reclaimed() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    std::fs::write(dir.path().join(".s.json.tmp"), "half of an upd").unwrap();
    sessions.lock("s").unwrap().replace(b"whole").unwrap();
    assert_eq!(names(dir.path()), ["s.json", "s.lock"]);
    assert_eq!(std::fs::read(dir.path().join("s.json")).unwrap(), b"whole");
}
