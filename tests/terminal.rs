//! What is shown on a terminal and nowhere else: colours, links, the progress bar. `script` gives the command a terminal.
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use support::project::{FINDING, Project, ran};

const BINARY: &str = env!("CARGO_BIN_EXE_toctou");

/// The command in the project with a terminal on its standard output and error; what it writes comes out of `script`.
fn on_terminal(p: &Project, command: &str) -> Command {
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--flush", "--command", &format!("'{BINARY}' {command}"), "/dev/null"]);
    script.current_dir(p.path("")).env("SHELL", "/bin/sh").env("TERM", "xterm-256color");
    for plain in ["NO_COLOR", "CI", "FORCE_HYPERLINK"] {
        script.env_remove(plain);
    }
    script
}

#[test]
fn colours_and_links_are_for_terminals() {
    let p = Project::new(&[("bad.py", FINDING)]);
    let seen = |command: &str, set: &[(&str, &str)]| ran(on_terminal(&p, command).envs(set.iter().copied())).stdout;
    assert!(seen("check", &[]).contains("\x1b["));
    assert!(seen("check", &[("FORCE_HYPERLINK", "1")]).contains("\x1b]8;;http"));
    for (command, set) in [
        ("check", &[("NO_COLOR", "1")][..]),
        ("check", &[("TERM", "dumb")]),
        ("check --color never", &[]),
        ("check -o json", &[]),
        ("check 2>/dev/null | cat", &[]),
    ] {
        let plain = seen(command, set);
        assert!(!plain.contains('\x1b') && plain.contains("invalid-suppression"), "{command} {set:?}: {plain:?}");
    }
}

/// Reads until the words have come; `None` if the output ends before.
fn read_until(child: &mut Child, words: &str) -> Option<String> {
    let out = child.stdout.as_mut().expect("piped");
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let n = out.read(&mut buffer).expect("readable");
        seen.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&seen);
        match n {
            _ if text.contains(words) => return Some(text.into_owned()),
            0 => return None,
            _ => {}
        }
    }
}

/// Opening a pipe for reading lasts until somebody opens it for writing, so that a check of one lasts as long as the test wants.
#[test]
fn a_slow_run_shows_its_progress_on_a_terminal_and_nowhere_else() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    assert_eq!(ran(Command::new("mkfifo").arg(p.path("slow.py"))).status, 0);
    let piped = || (Stdio::null(), Stdio::piped(), Stdio::piped());
    let start = |command: &mut Command| {
        let (stdin, stdout, stderr) = piped();
        command.stdin(stdin).stdout(stdout).stderr(stderr).spawn().expect("started")
    };
    let elsewhere = start(Command::new(BINARY).args(["check", "a.py", "slow.py"]).current_dir(p.path("")));
    let quiet = start(&mut on_terminal(&p, "check --quiet a.py slow.py"));
    let mut shown = start(&mut on_terminal(&p, "check a.py slow.py"));
    // The others were started before this one, and have run for over a second too.
    let bar = read_until(&mut shown, "/2 files");
    let released = File::options().write(true).open(p.path("slow.py")).expect("they wait for it");
    let ended = [elsewhere, quiet, shown].map(|child| child.wait_with_output().expect("ended"));
    drop(released);
    let [elsewhere, quiet, shown] = ended.map(|out| String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned());
    assert!(bar.is_some(), "no bar: {shown}");
    assert!(shown.contains("no findings in 2 files, 1 of which could not be read"), "{shown}");
    for silent in [&elsewhere, &quiet] {
        assert!(!silent.contains("/2 files") && !silent.contains('\x1b'), "{silent:?}");
    }
}
