//! P16: waits end when they should (T15), in threads and in tasks.
use std::path::Path;
use std::time::{Duration, Instant};

use session_lock::{Error, SessionDir};

use crate::agent::{await_go, say};
use crate::support::peers::ORIGIN;
use crate::support::{alone, long, scratch, Agent};

/// How much later than asked for a wait may end: little on an idle machine, more on one that runs other tests.
fn slack(idle: u64) -> Duration {
    Duration::from_millis(if long() { idle } else { 10 * idle })
}

#[test]
fn t15_a_timed_wait_ends_in_time() {
    let _alone = alone();
    let dir = scratch();
    let holder = ORIGIN.hold(dir.path(), "s");
    let (asked, limit) = (Instant::now(), Duration::from_millis(300));
    let error = session_lock::session_lock_timeout(dir.path(), "s", limit).unwrap_err();
    let waited = asked.elapsed();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert!(waited >= limit && waited < limit + slack(50), "{waited:?}");
    let sessions = SessionDir::open(dir.path()).unwrap();
    assert!(matches!(sessions.lock_timeout("s", Duration::ZERO), Err(Error::TimedOut { .. })));
    assert!(matches!(sessions.lock_shared_timeout("s", Duration::ZERO), Err(Error::TimedOut { .. })));
    drop(holder);
    drop(sessions.lock_timeout("s", Duration::MAX).unwrap());
}

#[test]
fn t15_a_cancelled_task_leaves_nothing_behind() {
    let _alone = alone();
    let dir = scratch();
    let mut holder = ORIGIN.hold(dir.path(), "s");
    let mut agent = Agent::plain().start(["cancel", dir.path().to_str().unwrap(), "s"]);
    agent.expect("cancelled");
    // Had the cancelled wait left a thread in the kernel's queue, it would take the lock now.
    holder.go();
    holder.expect("freed");
    assert!(ORIGIN.can_lock(dir.path(), "s"));
    agent.go();
    agent.expect("locked");
    agent.expect("done");
}

fn count(what: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

/// The agent's part: the lock is held by another process.
pub(crate) fn cancel(dir: &Path, id: &str) {
    let sessions = SessionDir::open(dir).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    runtime.block_on(async {});
    let before = (count("fd"), count("task"));
    runtime.block_on(async {
        let (wait, timer) = (tokio::time::timeout(Duration::from_millis(200), sessions.lock_async(id)), ticks());
        let (outcome, late) = tokio::join!(wait, timer);
        assert!(outcome.is_err(), "the lock was not free");
        assert!(late < slack(20), "a timer beside the wait was {late:?} late");
    });
    assert_eq!((count("fd"), count("task")), before, "(files, threads)");
    say("cancelled");
    await_go();
    runtime.block_on(hand_over(&sessions, id));
    say("locked");
    let closing = Instant::now();
    drop(runtime);
    assert!(closing.elapsed() < slack(50), "{:?}", closing.elapsed());
    say("done");
}

/// How late the worst of four 50 ms timers is.
async fn ticks() -> Duration {
    let mut worst = Duration::ZERO;
    for _ in 0..4 {
        let start = Instant::now();
        tokio::time::sleep(Duration::from_millis(50)).await;
        worst = worst.max(start.elapsed().saturating_sub(Duration::from_millis(50)));
    }
    worst
}

/// Tasks of one process wait in order, and the guard can move between threads.
async fn hand_over(sessions: &SessionDir, id: &str) {
    let mut first = sessions.lock_async(id).await.unwrap();
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..4 {
        let (sessions, id, order) = (sessions.clone(), id.to_owned(), order.clone());
        tasks.push(tokio::spawn(async move {
            let guard = sessions.lock_async(&id).await.unwrap();
            order.lock().unwrap().push(number);
            tokio::task::yield_now().await;
            guard.unlock().unwrap();
        }));
        // One worker: the task gets as far as its wait.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    first.replace(b"{}").unwrap();
    drop(first);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
}
