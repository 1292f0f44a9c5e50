//! A process that talks to the test in lines that begin with `@`, and never keeps it waiting for ever.
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for a line before it calls the process stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running process; killed when dropped.
pub(crate) struct Proc {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    name: String,
}

impl Proc {
    pub(crate) fn start(mut command: Command) -> Self {
        let name = format!("{command:?}");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // The test harness of an agent prints before the agent does, on the same line.
                if let Some(at) = line.find('@') {
                    if sender.send(line[at + 1..].to_owned()).is_err() {
                        return;
                    }
                }
            }
        });
        Self { child, stdin, lines, name }
    }

    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// The next line; the test fails if there is none.
    pub(crate) fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("stuck: {}", self.name),
            Err(RecvTimeoutError::Disconnected) => panic!("ended ({:?}) without an answer: {}", self.child.wait(), self.name),
        }
    }

    pub(crate) fn expect(&mut self, expected: &str) {
        assert_eq!(self.line(), expected, "{}", self.name);
    }

    /// Whether no line comes within `time`.
    pub(crate) fn silent_for(&mut self, time: Duration) -> bool {
        matches!(self.lines.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }

    /// The lines up to the end of the process.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => return lines,
                Err(RecvTimeoutError::Timeout) => panic!("stuck: {}", self.name),
            }
        }
    }

    /// Gives the sign to go on.
    pub(crate) fn go(&mut self) {
        writeln!(self.stdin.as_mut().unwrap()).unwrap();
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end.
    pub(crate) fn finish(&mut self) -> std::process::ExitStatus {
        drop(self.stdin.take());
        self.child.wait().unwrap()
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How to run this test binary again as an agent (see `agent.rs`), possibly under another program.
pub(crate) struct Agent {
    prefix: Vec<String>,
}

impl Agent {
    pub(crate) fn plain() -> Self {
        Self { prefix: Vec::new() }
    }

    /// Under a program that takes the agent's command line as its last arguments.
    pub(crate) fn under<S: Into<String>>(prefix: impl IntoIterator<Item = S>) -> Self {
        Self { prefix: prefix.into_iter().map(Into::into).collect() }
    }

    pub(crate) fn command<S: AsRef<str>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let binary = std::env::current_exe().unwrap();
        let mut command = match self.prefix.split_first() {
            None => Command::new(binary),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary);
                command
            }
        };
        let words: Vec<_> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        command.args(["agent::agent", "--exact", "--ignored", "--nocapture", "--test-threads=1", "-q"]);
        command.env("SESSION_LOCK_AGENT", words.join("\n"));
        command
    }

    pub(crate) fn start<S: AsRef<str>>(&self, words: impl IntoIterator<Item = S>) -> Proc {
        Proc::start(self.command(words))
    }
}
