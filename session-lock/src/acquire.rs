//! How a lock is taken: open the lock file, lock it, and see that the path still names it.
use std::fs::File;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::flock::{self, Mode};
use crate::session::Session;
use crate::sys::{FileKey, OpenFailure};
use crate::wait::Backoff;
use crate::{event, held, id, Error, SessionDir};

/// How often one step starts anew because the lock file was replaced between open and lock, before it reports contention.
const MAX_REPLACED: usize = 64;

/// One caller's way to a lock.
pub(crate) struct Attempt<'a> {
    dir: &'a SessionDir,
    lock_name: String,
    mode: Mode,
    /// Whether the guard will be bound to this thread, so that holding the session already means a deadlock.
    thread_bound: bool,
    opened: Option<(File, FileKey)>,
}

impl<'a> Attempt<'a> {
    /// Checks the id, and for a guard bound to this thread that the thread does not hold the session.
    pub(crate) fn new(dir: &'a SessionDir, id: &str, mode: Mode, thread_bound: bool) -> Result<Self, Error> {
        if let Err(reason) = id::check(id, dir.options_ref().max_id_len) {
            return Err(Error::InvalidId { id: id.chars().take(64).collect(), reason });
        }
        let attempt = Self { dir, lock_name: format!("{id}.lock"), mode, thread_bound, opened: None };
        if thread_bound && held::holds(dir.sys().key(), id) {
            return Err(attempt.reentrant());
        }
        Ok(attempt)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join(&self.lock_name)
    }

    fn reentrant(&self) -> Error {
        Error::Reentrant { path: self.path() }
    }

    /// Opens the lock file unless it is open; `false` if somebody keeps it shut for the moment.
    fn open(&mut self) -> Result<bool, Error> {
        if self.opened.is_some() {
            return Ok(true);
        }
        match self.dir.sys().open_lock(&self.lock_name, self.dir.options_ref().mode, self.mode) {
            Ok((_, key)) if self.thread_bound && held::holds_file(&key) => Err(self.reentrant()),
            Ok(opened) => {
                self.opened = Some(opened);
                Ok(true)
            }
            Err(OpenFailure::Busy) => Ok(false),
            Err(OpenFailure::Untrusted(reason)) => Err(Error::Untrusted { path: self.path(), reason }),
            Err(OpenFailure::Io(source)) => Err(Error::io("open lock file", self.path(), source)),
        }
    }

    /// Makes a session of the locked file if the path still names it; otherwise the file is closed, to start anew.
    fn confirm(&mut self) -> Result<Option<Session>, Error> {
        let Some((file, key)) = self.opened.take() else { return Ok(None) };
        let named = self.dir.sys().identity(&self.lock_name).map_err(|source| Error::io("inspect", self.path(), source))?;
        if named.as_ref() != Some(&key) {
            return Ok(None);
        }
        Ok(Some(Session::new(self.dir.clone(), std::mem::take(&mut self.lock_name), file, key)))
    }

    /// Takes the lock if that is possible without waiting.
    pub(crate) fn step(&mut self) -> Result<Option<Session>, Error> {
        for _ in 0..MAX_REPLACED {
            if !self.open()? {
                return Ok(None);
            }
            let Some((file, _)) = &self.opened else { return Ok(None) };
            match flock::try_lock(file, self.mode) {
                Ok(false) => return Ok(None),
                Ok(true) => {}
                Err(source) => return Err(Error::lock_call(&self.path(), source)),
            }
            if let Some(session) = self.confirm()? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    /// Takes the lock or says that somebody else has it.
    pub(crate) fn once(mut self) -> Result<Session, Error> {
        match self.step()? {
            Some(session) => Ok(session),
            None => Err(Error::WouldBlock { path: self.path() }),
        }
    }

    /// Waits in the kernel's queue.
    pub(crate) fn wait(mut self) -> Result<Session, Error> {
        if let Some(session) = self.step()? {
            return Ok(session);
        }
        event::waiting(&self.path());
        let mut backoff = Backoff::new();
        loop {
            if !self.open()? {
                thread::sleep(backoff.pause(None).unwrap_or_default());
                continue;
            }
            let Some((file, _)) = &self.opened else { continue };
            flock::lock(file, self.mode).map_err(|source| Error::lock_call(&self.path(), source))?;
            if let Some(session) = self.confirm()? {
                return Ok(session);
            }
        }
    }

    /// Asks again and again until `timeout` is over.
    pub(crate) fn wait_for(mut self, timeout: Duration) -> Result<Session, Error> {
        let deadline = Instant::now().checked_add(timeout);
        let mut backoff = Backoff::new();
        loop {
            if let Some(session) = self.step()? {
                return Ok(session);
            }
            match backoff.pause(deadline) {
                Some(pause) => thread::sleep(pause),
                None => return Err(Error::TimedOut { after: timeout, path: self.path() }),
            }
        }
    }
}
