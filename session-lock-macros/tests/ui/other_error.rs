//! An error that no `io::Error` converts to.
struct Failure;

#[session_lock::session_locked(dir = ".", id = "s")]
fn section() -> Result<(), Failure> {
    Ok(())
}

fn main() {}
