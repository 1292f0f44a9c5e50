//! Both arguments are needed.
#[session_lock::session_locked(dir = ".")]
fn section() -> std::io::Result<()> {
    Ok(())
}

fn main() {}
