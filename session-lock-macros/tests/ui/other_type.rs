//! Nor could this one.
#[session_lock::session_locked(dir = ".", id = "s")]
fn section() -> Option<()> {
    Some(())
}

fn main() {}
