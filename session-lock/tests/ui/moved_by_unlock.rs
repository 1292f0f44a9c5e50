//! After `unlock` the guard is gone.
fn main() -> Result<(), session_lock::Error> {
    let mut guard = session_lock::SessionDir::open(".")?.lock("s")?;
    guard.unlock()?;
    guard.replace(b"")
}
