//! A shared lock has no way to write and none to become exclusive.
fn main() -> Result<(), session_lock::Error> {
    let mut guard = session_lock::SessionDir::open(".")?.lock_shared("s")?;
    guard.replace(b"")
}
