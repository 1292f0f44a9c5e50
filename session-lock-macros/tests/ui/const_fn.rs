//! Locks are not taken at compile time.
#[session_lock::session_locked(dir = ".", id = "s")]
const fn section() -> Result<(), std::io::Error> {
    Ok(())
}

fn main() {}
