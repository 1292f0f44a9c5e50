//! P2: this crate and everybody else who uses `flock` on the same file exclude each other, in both directions (T3).
use crate::support::peers::{count_together, Peer, DELETING, KEEPING, ORIGIN, OURS, OURS_PYTHON};
use crate::support::{alone, counter, long, scaled, scratch};

/// Holds by one, tries by the other.
fn excludes(holder: Peer, other: Peer) {
    let dir = scratch();
    let mut held = holder.hold(dir.path(), "s");
    assert!(!other.can_lock(dir.path(), "s"), "{other:?} got in while {holder:?} held the lock");
    held.go();
    held.expect("freed");
    assert!(other.can_lock(dir.path(), "s"), "{other:?} did not get in after {holder:?} had let go");
}

#[test]
fn t3_a_holder_keeps_every_peer_out() {
    let _alone = alone();
    for peer in KEEPING.into_iter().chain(DELETING) {
        for ours in [OURS, OURS_PYTHON] {
            excludes(ours, peer);
            excludes(peer, ours);
        }
    }
}

/// Counts by all peers at once.
fn count_mix(peers: &[Peer], milliseconds: usize) {
    let dir = scratch();
    let done = count_together(peers, dir.path(), "s", &format!("ms:{milliseconds}"));
    assert!(done > 0);
    assert_eq!(counter(dir.path(), "s"), done, "lost by {peers:?}");
}

#[test]
fn t3_a_mix_of_all_peers_loses_nothing() {
    let _alone = alone();
    count_mix(&KEEPING, scaled(3_000, 30_000));
}

#[test]
fn t3_peers_that_delete_the_lock_file_lose_nothing() {
    let _alone = alone();
    let [older, newer] = DELETING;
    for peers in [[OURS, OURS_PYTHON, older], [OURS, OURS_PYTHON, newer]] {
        count_mix(&peers, scaled(1_500, 30_000));
    }
}

#[test]
fn t3_every_pair_loses_nothing() {
    if !long() {
        return; // The mix above is the short form.
    }
    let _alone = alone();
    for ours in [OURS, OURS_PYTHON] {
        for peer in KEEPING.into_iter().chain(DELETING) {
            count_mix(&[ours, peer], 3_000);
        }
    }
    count_mix(&[ORIGIN, ORIGIN], 3_000);
}
