//! The protocol in a model small enough to try every interleaving (T19): open, lock, check that the path names the locked file,
//! work, perhaps delete the lock file, unlock; by three peers, each twice.
use std::collections::HashSet;

const PEERS: usize = 3;
const ROUNDS: u8 = 2;

type Inode = u8;

/// Whether and when a peer deletes the lock file.
#[derive(Clone, Copy, PartialEq)]
enum Deletes {
    Never,
    Holding,
    AfterUnlock,
}

#[derive(Clone, Copy)]
struct Program {
    verifies: bool,
    deletes: Deletes,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Step {
    Open,
    Lock,
    Check,
    Work,
    DeleteHolding,
    Unlock,
    DeleteAfter,
    Done,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    /// Which file the path names.
    path: Option<Inode>,
    created: Inode,
    /// What each peer does next, the file it has open, and the rounds it has done.
    peers: [(Step, Option<Inode>, u8); PEERS],
    /// Which file's lock each peer has.
    locks: [Option<Inode>; PEERS],
}

impl State {
    fn start() -> Self {
        Self { path: None, created: 0, peers: [(Step::Open, None, 0); PEERS], locks: [None; PEERS] }
    }

    /// The state after the peer's next step; `None` if it has to wait or has finished.
    fn after(&self, peer: usize, program: Program) -> Option<Self> {
        let mut next = self.clone();
        let (step, file, rounds) = self.peers[peer];
        let (step, file, rounds) = match step {
            Step::Open => {
                if next.path.is_none() {
                    next.path = Some(next.created);
                    next.created += 1;
                }
                (Step::Lock, next.path, rounds)
            }
            Step::Lock if self.locks.contains(&file) => return None,
            Step::Lock => {
                next.locks[peer] = file;
                (Step::Check, file, rounds)
            }
            Step::Check if program.verifies && self.path != file => {
                next.locks[peer] = None;
                (Step::Open, None, rounds)
            }
            Step::Check => (Step::Work, file, rounds),
            Step::Work if program.deletes == Deletes::Holding => (Step::DeleteHolding, file, rounds),
            Step::Work => (Step::Unlock, file, rounds),
            Step::DeleteHolding => {
                next.path = None;
                (Step::Unlock, file, rounds)
            }
            Step::Unlock => {
                next.locks[peer] = None;
                let then = if program.deletes == Deletes::AfterUnlock { Step::DeleteAfter } else { finished(rounds) };
                (then, None, rounds + 1)
            }
            Step::DeleteAfter => {
                next.path = None;
                (finished(rounds - 1), None, rounds)
            }
            Step::Done => return None,
        };
        next.peers[peer] = (step, file, rounds);
        Some(next)
    }

    /// The peers that work at this moment.
    fn working(&self) -> impl Iterator<Item = usize> + '_ {
        (0..PEERS).filter(|peer| self.peers[*peer].0 == Step::Work)
    }

    /// Those of them whose last check, right before they commit, would succeed.
    fn may_commit(&self) -> usize {
        self.working().filter(|peer| self.path == self.peers[*peer].1).count()
    }
}

fn finished(rounds: u8) -> Step {
    if rounds + 1 == ROUNDS {
        Step::Done
    } else {
        Step::Open
    }
}

/// All states that these peers can reach, and whether every one of them can go on or has finished.
fn explore(programs: [Program; PEERS]) -> HashSet<State> {
    let mut seen = HashSet::from([State::start()]);
    let mut open = vec![State::start()];
    while let Some(state) = open.pop() {
        let next: Vec<_> = (0..PEERS).filter_map(|peer| state.after(peer, programs[peer])).collect();
        let all_done = state.peers.iter().all(|(step, ..)| *step == Step::Done);
        assert!(all_done || !next.is_empty(), "stuck in {state:?}");
        open.extend(next.into_iter().filter(|state| seen.insert(state.clone())));
    }
    seen
}

fn most_working(states: &HashSet<State>) -> usize {
    states.iter().map(|state| state.working().count()).max().unwrap_or(0)
}

const CAREFUL: Program = Program { verifies: true, deletes: Deletes::Never };
const CARELESS: Program = Program { verifies: false, deletes: Deletes::Never };
const DELETER: Program = Program { verifies: true, deletes: Deletes::Holding };
const VANDAL: Program = Program { verifies: true, deletes: Deletes::AfterUnlock };

#[test]
fn t19_verified_peers_exclude_each_other_whoever_deletes_while_holding() {
    for programs in [[CAREFUL; 3], [CAREFUL, CAREFUL, DELETER], [CAREFUL, DELETER, DELETER], [DELETER; 3]] {
        let states = explore(programs);
        assert!(states.len() > 300, "{} states: too few to mean anything", states.len());
        assert_eq!(most_working(&states), 1);
    }
}

#[test]
fn t19_without_the_check_a_deletion_lets_two_in() {
    assert_eq!(most_working(&explore([CARELESS; 3])), 1, "nobody deletes: the check is not needed");
    assert!(most_working(&explore([CARELESS, CARELESS, DELETER])) > 1);
    assert!(most_working(&explore([CAREFUL, CARELESS, DELETER])) > 1, "one careless peer is enough");
}

#[test]
fn t19_a_deletion_from_outside_lets_two_in_but_only_one_commit() {
    let states = explore([CAREFUL, CAREFUL, VANDAL]);
    assert!(most_working(&states) > 1, "P7 says: detected, not prevented");
    assert!(states.iter().all(|state| state.may_commit() <= 1));
}
