//! Waiting for a file lock would block the runtime.
#[session_lock::session_locked(dir = ".", id = "s")]
async fn section() -> std::io::Result<()> {
    Ok(())
}

fn main() {}
