//! A type has no body to lock.
#[session_lock::session_locked(dir = ".", id = "s")]
struct Section;

fn main() {}
