//! P11: locks of several sessions in opposite orders do not wait for each other in a circle (T17).
use session_lock::{Error, SessionDir};

use crate::support::peers::ORIGIN;
use crate::support::{alone, counter, scaled, scratch, Agent};

#[test]
fn t17_opposite_orders_do_not_deadlock() {
    let _alone = alone();
    let dir = scratch();
    let rounds = scaled(500, 10_000);
    let start = |ids: &str| Agent::plain().start(["lock-all", dir.path().to_str().unwrap(), ids, &rounds.to_string()]);
    let mut processes: Vec<_> = ["a,b,c", "c,b,a", "b,c,a,b", "c,a,b"].iter().map(|ids| start(ids)).collect();
    processes.iter_mut().for_each(|process| process.expect("ready"));
    processes.iter_mut().for_each(|process| process.go());
    processes.iter_mut().for_each(|process| process.expect("done"));
    for id in ["a", "b", "c"] {
        assert_eq!(counter(dir.path(), id), 4 * rounds);
    }
}

#[test]
fn t17_all_or_none() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    assert!(matches!(sessions.lock_all(["a", "z/"]), Err(Error::InvalidId { .. })));
    assert!(ORIGIN.can_lock(dir.path(), "a"), "the first one was kept");
    let mut all = sessions.lock_all(["b", "a", "b"]).unwrap();
    assert_eq!(all.ids().collect::<Vec<_>>(), ["a", "b"]);
    all.get_mut("b").unwrap().replace(b"1").unwrap();
    assert!(all.get("c").is_none());
    assert!(!ORIGIN.can_lock(dir.path(), "a"));
    drop(all);
    assert!(ORIGIN.can_lock(dir.path(), "a"));
    assert_eq!(sessions.lock_all([]).unwrap().ids().count(), 0);
}
