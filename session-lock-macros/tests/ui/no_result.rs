//! The function could not report that the session cannot be locked.
#[session_lock::session_locked(dir = ".", id = "s")]
fn section() {}

fn main() {}
