//! `session-lock-verify` (T22): it sees locks that exclude and locks that do not.
use std::process::{Command, Output};

use crate::support::{alone, disk, is_root, names, scratch};

fn verify(arguments: &[&str], dir: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_session-lock-verify")).args(arguments).arg(dir).output().unwrap()
}

#[test]
fn t22_a_file_system_that_locks_passes() {
    let _alone = alone();
    for dir in [scratch(), disk()] {
        let output = verify(&["--processes", "4", "--rounds", "500"], dir.path());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("the locks exclude each other: 4 processes, 2000 holds, 0 overlapping, 0 updates lost"), "{text}");
        assert_eq!(output.status.code(), Some(0));
        assert!(names(dir.path()).is_empty(), "it leaves nothing behind");
    }
}

#[test]
fn t22_one_that_does_not_is_found_out() {
    let _alone = alone();
    let dir = scratch();
    let output = verify(&["--no-lock"], dir.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("NOT LOCKED"), "{text}");
    assert!(!text.contains(" 0 overlapping"), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn t22_what_cannot_be_checked_is_another_status() {
    let dir = scratch();
    for arguments in [&["--processes", "1"][..], &["--rounds"], &["--what"]] {
        assert_eq!(verify(arguments, dir.path()).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(verify(&[], &dir.path().join("missing")).status.code(), Some(2));
    assert_eq!(verify(&["--help"], dir.path()).status.code(), Some(0));
    if is_root("a mount that forbids writing") {
        assert_eq!(verify(&[], std::path::Path::new("/proc")).status.code(), Some(2));
    }
}
