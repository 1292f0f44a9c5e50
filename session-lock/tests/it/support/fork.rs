//! The calls that no safe interface offers: `fork`, and a signal handler without `SA_RESTART`.
#![allow(unsafe_code)]

/// Runs `child` in a fork of this process and returns the fork's process id.
///
/// Only for agents, which have a single thread.
pub(crate) fn fork(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the agent has one thread, so that the child may do whatever the parent may; it never returns from here.
    match unsafe { libc::fork() } {
        0 => {
            child();
            // SAFETY: ends the child without running the parent's destructors.
            unsafe { libc::_exit(0) }
        }
        pid => {
            assert!(pid > 0, "fork failed");
            pid
        }
    }
}

/// Waits for a fork to end.
pub(crate) fn wait_for(pid: libc::pid_t) {
    let mut status = 0;
    // SAFETY: `status` is valid for the call.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
}

/// Lets `SIGUSR1` interrupt system calls.
pub(crate) fn interruptible() {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: the handler does nothing, and the structure is a valid one without SA_RESTART.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut()), 0);
    }
}

/// Lets programs that are run inherit the descriptor.
pub(crate) fn keep_on_exec(fd: libc::c_int) {
    // SAFETY: changes a flag of a descriptor of this process.
    assert_eq!(unsafe { libc::fcntl(fd, libc::F_SETFD, 0) }, 0);
}
