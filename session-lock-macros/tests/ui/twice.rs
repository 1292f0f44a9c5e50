//! Each of them once.
#[session_lock::session_locked(dir = ".", dir = "..", id = "s")]
fn section() -> std::io::Result<()> {
    Ok(())
}

fn main() {}
