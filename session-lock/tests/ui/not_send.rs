//! A guard stays on its thread.
fn main() -> std::io::Result<()> {
    let guard = session_lock::session_lock(".", "s")?;
    std::thread::spawn(move || drop(guard));
    Ok(())
}
