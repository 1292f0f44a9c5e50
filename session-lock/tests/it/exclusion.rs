//! P1 and P3: one holder at a time among processes (T1) and among the threads of several processes (T2); nothing is lost.
use crate::support::peers::{count_together, OURS};
use crate::support::{alone, counter, names, scaled, scratch, Agent};

#[test]
fn t1_eight_processes_lose_nothing() {
    let _alone = alone();
    let dir = scratch();
    let (processes, rounds) = (scaled(8, 16), scaled(5_000, 100_000));
    let done = count_together(&vec![OURS; processes], dir.path(), "s", &format!("rounds:{rounds}"));
    assert_eq!(done, processes * rounds);
    assert_eq!(counter(dir.path(), "s"), processes * rounds);
    assert_eq!(names(dir.path()), ["s.json", "s.lock"]);
}

#[test]
fn t2_threads_of_four_processes_lose_nothing() {
    let _alone = alone();
    let dir = scratch();
    let rounds = scaled(500, 10_000);
    let path = dir.path().to_str().unwrap();
    let mut processes: Vec<_> = (0..4).map(|_| Agent::plain().start(["count-threads", path, "s", "4", &rounds.to_string()])).collect();
    processes.iter_mut().for_each(|process| process.expect("ready"));
    processes.iter_mut().for_each(|process| process.go());
    processes.iter_mut().for_each(|process| process.expect(&format!("done {}", 4 * rounds)));
    assert_eq!(counter(dir.path(), "s"), 16 * rounds);
}
