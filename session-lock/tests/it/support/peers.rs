//! Everybody who takes the same lock: this crate, other crates, Python packages and the program `flock`.
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Agent, Proc};

/// A peer, by its language and its name (and version) there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A lock of the agent: this crate or another one.
    Rust(&'static str),
    /// A kind of `peer.py` that needs the standard library only.
    Python(&'static str),
    /// A kind of `peer.py` and the package that it needs.
    Package(&'static str, &'static str),
    /// The program `flock`.
    UtilLinux,
}

pub(crate) const OURS: Peer = Peer::Rust("ours");
pub(crate) const OURS_PYTHON: Peer = Peer::Python("session_lock");
pub(crate) const ORIGIN: Peer = Peer::Python("origin");
/// The versions of filelock between 3.21.0 and 3.29.4 delete the lock file when they release it.
pub(crate) const DELETING: [Peer; 2] = [Peer::Package("filelock", "filelock==3.25.2"), Peer::Package("filelock", "filelock==3.29.4")];
/// Peers that leave the lock file alone.
pub(crate) const KEEPING: [Peer; 12] = [
    OURS,
    OURS_PYTHON,
    ORIGIN,
    Peer::Rust("fs2"),
    Peer::Rust("std"),
    Peer::Rust("fs4"),
    Peer::Rust("fd-lock"),
    Peer::UtilLinux,
    Peer::Package("filelock", "filelock==3.20.3"),
    Peer::Package("filelock", "filelock==3.29.7"),
    Peer::Package("filelock", "filelock==4.2.12"),
    Peer::Package("portalocker", "portalocker==3.2.0"),
];

impl Peer {
    pub(crate) fn start(self, verb: &str, dir: &Path, id: &str, how_long: &str) -> Proc {
        let dir = dir.to_str().unwrap();
        match self {
            Self::Rust(kind) => Agent::plain().start([verb, kind, dir, id, how_long]),
            Self::Python(kind) => python(kind, source().join("python"), [verb, dir, id, how_long]),
            Self::Package(kind, package) => python(kind, installed(package), [verb, dir, id, how_long]),
            Self::UtilLinux => {
                let mut command = Command::new("bash");
                command.arg(source().join("tests/peers/peer.sh")).args([verb, dir, id, how_long]);
                Proc::start(command)
            }
        }
    }

    /// Takes the lock and holds it.
    pub(crate) fn hold(self, dir: &Path, id: &str) -> Proc {
        let mut holder = self.start("hold", dir, id, "");
        holder.expect("held");
        holder
    }

    /// Whether the lock is free to this peer.
    pub(crate) fn can_lock(self, dir: &Path, id: &str) -> bool {
        match self.start("try", dir, id, "").line().as_str() {
            "yes" => true,
            "no" => false,
            other => panic!("{self:?}: {other}"),
        }
    }
}

fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn peers() -> PathBuf {
    let beside = || Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("session-lock-peers");
    std::env::var_os("SESSION_LOCK_PEERS").map_or_else(beside, PathBuf::from)
}

/// Where `setup.sh` has put the package.
fn installed(package: &str) -> PathBuf {
    let path = peers().join(package);
    assert!(path.join(".complete").exists(), "{package} is not installed in {}: run session-lock/tests/setup.sh", peers().display());
    path
}

fn python<const N: usize>(kind: &str, path: PathBuf, arguments: [&str; N]) -> Proc {
    let interpreter = std::fs::read_to_string(peers().join("python"));
    let interpreter = interpreter.unwrap_or_else(|_| panic!("no Python in {}: run session-lock/tests/setup.sh", peers().display()));
    let mut command = Command::new(interpreter.trim());
    command.arg(source().join("tests/peers/peer.py")).arg(kind).args(arguments);
    command.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    Proc::start(command)
}

/// Lets all peers count at once, from a common start, and returns how many increments they made.
pub(crate) fn count_together(peers: &[Peer], dir: &Path, id: &str, how_long: &str) -> usize {
    let mut counting: Vec<_> = peers.iter().map(|peer| peer.start("count", dir, id, how_long)).collect();
    for proc in &mut counting {
        proc.expect("ready");
    }
    for proc in &mut counting {
        proc.go();
    }
    counting.iter_mut().map(|proc| proc.line().strip_prefix("done ").unwrap().parse::<usize>().unwrap()).sum()
}
