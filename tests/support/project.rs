//! A project in a temporary directory, and the command run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A line with a finding that needs no analysis: a suppression of a rule that does not exist.
pub(crate) const FINDING: &str = "# toctou: allow(no-such-rule) for the test\n";

/// A directory with files.
pub(crate) struct Project(tempfile::TempDir);

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary directory"));
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// The files of this repository, those that git ignores left out, as one commit.
    pub(crate) fn copy_of_this_repository() -> Self {
        let (copy, here) = (Self::new(&[]), super::repository(""));
        let walk = ignore::WalkBuilder::new(&here).hidden(false).require_git(false).filter_entry(|e| e.file_name() != ".git").build();
        for entry in walk {
            let entry = entry.expect("this repository can be read");
            if entry.file_type().is_some_and(|t| t.is_file()) {
                let path = entry.path().strip_prefix(&here).expect("below the repository");
                copy.write(path.to_str().expect("the names of our own files are text"), std::fs::read(entry.path()).expect("readable"));
            }
        }
        copy.commit_all();
        copy
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).expect("readable")
    }

    /// Runs `toctou` in the project.
    pub(crate) fn toctou(&self, args: &[&str]) -> Ran {
        self.toctou_in("", args)
    }

    /// Runs `toctou` in a directory of the project.
    pub(crate) fn toctou_in(&self, dir: &str, args: &[&str]) -> Ran {
        ran(Command::new(env!("CARGO_BIN_EXE_toctou")).args(args).current_dir(self.path(dir)).env_remove("NO_COLOR"))
    }

    /// Runs `toctou` with a text on standard input.
    pub(crate) fn toctou_with(&self, args: &[&str], input: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toctou"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("started");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), input.as_bytes()).expect("written");
        output(child.wait_with_output().expect("ended"))
    }

    /// Runs git in the project, as somebody whose own configuration does not matter.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let ran = ran(git(self.0.path()).args(args));
        assert_eq!(ran.status, 0, "git {args:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Makes a repository of the project and commits what is there.
    pub(crate) fn commit_all(&self) {
        if !self.path(".git").exists() {
            self.git(&["init", "-q", "-b", "main"]);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
    }
}

/// The command git with a fixed identity and no configuration of the machine.
pub(crate) fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
    }
    command
}

/// Runs a command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    output(command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}")))
}

fn output(out: std::process::Output) -> Ran {
    Ran {
        status: out.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

/// The environment of a build by cargo that is quick, and used again by the next one.
pub(crate) fn quick_build() -> [(&'static str, std::ffi::OsString); 3] {
    [
        ("CARGO_TARGET_DIR", client("hook-target").into()),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0".into()),
        ("CARGO_PROFILE_RELEASE_DEBUG", "0".into()),
    ]
}

/// A program that `tests/clients/setup.sh` installs.
pub(crate) fn client(path: &str) -> PathBuf {
    let root = std::env::var_os("TOCTOU_CLIENTS").map_or_else(|| super::repository("target/clients"), PathBuf::from);
    assert!(root.join("ready").exists(), "the clients that this test drives are not installed; run\n\n    tests/clients/setup.sh\n");
    root.join(path)
}
