//! P12: signals do not end a wait (T14), and a lease on the lock file does not stretch one (T16).
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{kill_process, Signal};
use session_lock::{Error, SessionDir};

use crate::support::peers::{Peer, ORIGIN};
use crate::support::{alone, scaled, scratch, Agent};

#[test]
fn t14_a_storm_of_signals_does_not_end_the_wait() {
    let _alone = alone();
    let dir = scratch();
    let mut holder = ORIGIN.hold(dir.path(), "s");
    let mut waiter = Agent::plain().start(["wait", dir.path().to_str().unwrap(), "s"]);
    waiter.expect("ready");
    for _ in 0..scaled(300, 10_000) {
        kill_process(waiter.pid(), Signal::USR1).unwrap();
        thread::sleep(Duration::from_micros(500));
    }
    assert!(waiter.silent_for(Duration::from_millis(50)), "the signals ended the wait");
    holder.go();
    waiter.expect("ok");
}

#[test]
fn t16_a_lease_is_contention() {
    let _alone = alone();
    let dir = scratch();
    let mut holder = Peer::Python("none").start("lease", dir.path(), "s", "");
    holder.expect("held");
    let sessions = SessionDir::open(dir.path()).unwrap();
    let asked = Instant::now();
    let outcome = sessions.try_lock("s");
    assert!(asked.elapsed() < Duration::from_millis(50), "the open waited for the lease: {:?}", asked.elapsed());
    assert!(matches!(outcome, Err(Error::WouldBlock { .. })), "{outcome:?}");
    holder.go();
    assert!(holder.finish().success());
    sessions.lock_timeout("s", Duration::from_secs(10)).unwrap().verify().unwrap();
}
