//! P13: what forks and programs that are run do to the lock (T8).
use session_lock::SessionDir;

use crate::support::peers::ORIGIN;
use crate::support::{scratch, Agent, Proc};

fn start(scene: &str, dir: &std::path::Path) -> Proc {
    Agent::plain().start(["fork", scene, dir.to_str().unwrap(), "s"])
}

/// A child of a fork that lets go of its copy takes nothing from the parent.
fn parent_keeps_the_lock(scene: &str, before: &[&str]) {
    let dir = scratch();
    let mut parent = start(scene, dir.path());
    for line in before {
        parent.expect(line);
    }
    parent.expect("held");
    assert!(!ORIGIN.can_lock(dir.path(), "s"), "{scene}: the parent lost its lock");
    parent.go();
    assert!(parent.finish().success());
    assert!(ORIGIN.can_lock(dir.path(), "s"));
}

#[test]
fn t8_a_childs_drop_keeps_the_parents_lock() {
    parent_keeps_the_lock("child drops", &[]);
    parent_keeps_the_lock("child unlocks", &[]);
}

#[test]
fn t8_a_child_cannot_write_by_the_parents_guard() {
    parent_keeps_the_lock("child writes", &["LockLost"]);
}

#[test]
fn t8_a_child_is_a_stranger_to_the_parents_session() {
    parent_keeps_the_lock("child locks", &["WouldBlock"]);
}

#[test]
fn t8_the_parents_drop_frees_while_a_child_lives() {
    let dir = scratch();
    let mut parent = start("parent drops", dir.path());
    let line = parent.line();
    let child = line.strip_prefix("freed ").unwrap().parse().unwrap();
    let free = ORIGIN.can_lock(dir.path(), "s");
    rustix::process::kill_process(rustix::process::Pid::from_raw(child).unwrap(), rustix::process::Signal::KILL).unwrap();
    assert!(free, "the child kept the lock");
}

#[test]
fn t8_a_program_does_not_inherit_the_lock() {
    let dir = scratch();
    let mut parent = start("program inherits", dir.path());
    let line = parent.line();
    let program: i32 = line.strip_prefix("running ").unwrap().parse().unwrap();
    let inherited = std::fs::read_dir(format!("/proc/{program}/fd")).unwrap().any(|entry| {
        // A file that the program closes meanwhile is not the lock.
        let target = std::fs::read_link(entry.unwrap().path()).unwrap_or_default();
        target.extension().is_some_and(|extension| extension == "lock")
    });
    assert!(!inherited);
    // The holder dies, the program lives: it has nothing that could keep the lock.
    parent.kill();
    SessionDir::open(dir.path()).unwrap().lock_timeout("s", std::time::Duration::from_secs(1)).unwrap().verify().unwrap();
}

#[test]
fn t8_the_holder_frees_even_what_a_program_inherited_by_mistake() {
    let dir = scratch();
    let mut parent = start("program inherits by mistake", dir.path());
    assert!(parent.line().starts_with("running "));
    assert!(!ORIGIN.can_lock(dir.path(), "s"));
    parent.go();
    parent.expect("freed");
    assert!(ORIGIN.can_lock(dir.path(), "s"), "the program kept the lock");
    parent.go();
    assert!(parent.finish().success());
}
