//! There are two arguments.
#[session_lock::session_locked(dir = ".", id = "s", timeout = 3)]
fn section() -> std::io::Result<()> {
    Ok(())
}

fn main() {}
