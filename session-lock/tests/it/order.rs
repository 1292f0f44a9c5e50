//! P6 and P8: the order of the system calls (T13), as strace sees them.
use std::fs;

use crate::support::{scratch, Agent};

const TRACE: &str = "trace=openat,flock,read,write,fsync,fdatasync,rename,renameat,renameat2,unlinkat,ftruncate,fchmod,close";

/// The calls of one update on the session's files, as (call, what it was on).
fn calls(durability: &str) -> Vec<String> {
    let dir = scratch();
    fs::write(dir.path().join("s.json"), "old").unwrap();
    let log = dir.path().join("strace.log");
    // `-y` prints the path of each descriptor.
    let agent = Agent::under(["strace", "-f", "-y", "-s", "8", "-o", log.to_str().unwrap(), "-e", TRACE]);
    let mut agent = agent.start(["update", dir.path().to_str().unwrap(), "s", "5", durability]);
    agent.expect("ok");
    agent.finish();
    let place = dir.path().to_str().unwrap().to_owned();
    let lines = fs::read_to_string(log).unwrap();
    lines.lines().filter(|line| line.contains(&place) && !line.contains("strace.log")).map(|line| line.replace(&place, "DIR")).collect()
}

/// Where the first call of that name with that text is.
fn position(calls: &[String], name: &str, text: &str) -> usize {
    let found = calls.iter().position(|call| call.contains(&format!(" {name}(")) && call.contains(text));
    found.unwrap_or_else(|| panic!("no {name} with {text} in {calls:#?}"))
}

#[test]
fn t13_the_calls_come_in_the_safe_order() {
    let calls = calls("full");
    let order = [
        position(&calls, "openat", "\"s.lock\""),
        position(&calls, "flock", "LOCK_EX"),
        position(&calls, "openat", "\"s.json\""),
        position(&calls, "openat", "\".s.json.tmp\""),
        position(&calls, "write", "DIR/.s.json.tmp>"),
        position(&calls, "fsync", "DIR/.s.json.tmp>"),
        position(&calls, "renameat", "\".s.json.tmp\""),
        position(&calls, "fsync", "DIR>"),
        position(&calls, "flock", "LOCK_UN"),
    ];
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?} in {calls:#?}");
}

#[test]
fn t13_the_lock_file_is_never_changed() {
    let calls = calls("full");
    let opened = &calls[position(&calls, "openat", "\"s.lock\"")];
    for flag in ["O_RDWR", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "0600"] {
        assert!(opened.contains(flag), "{flag} is missing: {opened}");
    }
    assert!(!opened.contains("O_TRUNC"), "{opened}");
    let changes = ["write(", "ftruncate(", "fchmod(", "unlinkat("];
    assert!(!calls.iter().any(|call| call.contains("s.lock") && changes.iter().any(|change| call.contains(change))), "{calls:#?}");
    let temp = &calls[position(&calls, "openat", "\".s.json.tmp\"")];
    assert!(temp.contains("O_EXCL") && temp.contains("O_NOFOLLOW"), "{temp}");
}

#[test]
fn t13_less_durability_syncs_less() {
    let synced = |durability| calls(durability).iter().filter(|call| call.contains(" fsync(")).count();
    assert_eq!([synced("full"), synced("file"), synced("none")], [2, 1, 0]);
}
