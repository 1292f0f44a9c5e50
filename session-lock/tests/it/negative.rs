//! Negative controls (T4): what does not exclude must lose updates here, or the other tests could not see a race.
use crate::support::peers::{count_together, Peer, DELETING, ORIGIN, OURS, OURS_PYTHON};
use crate::support::{alone, counter, scratch};

/// Counts by the peers, longer and longer, until an update is lost.
fn must_lose(peers: &[Peer]) {
    let _alone = alone();
    for milliseconds in [1_000, 3_000, 9_000] {
        let dir = scratch();
        let done = count_together(peers, dir.path(), "s", &format!("ms:{milliseconds}"));
        let counted = counter(dir.path(), "s");
        if counted < done {
            return;
        }
    }
    panic!("nothing was lost by {peers:?}: this harness cannot see a race");
}

#[test]
fn t4_no_lock_loses() {
    must_lose(&[OURS, OURS_PYTHON, Peer::Python("none")]);
}

#[test]
fn t4_lockf_is_another_lock() {
    must_lose(&[OURS, Peer::Python("lockf")]);
}

#[test]
fn t4_open_file_description_locks_are_another_lock() {
    must_lose(&[OURS, Peer::Python("ofd")]);
}

#[test]
fn t4_fasteners_is_another_lock() {
    must_lose(&[OURS, Peer::Package("fasteners", "fasteners==0.20")]);
}

#[test]
fn t4_a_lock_on_the_replaced_file_loses() {
    must_lose(&[Peer::Python("data"), Peer::Python("data")]);
}

#[test]
fn t4_an_unverified_lock_loses_to_a_peer_that_deletes() {
    must_lose(&[ORIGIN, ORIGIN, Peer::Rust("fs2"), DELETING[0]]);
}
