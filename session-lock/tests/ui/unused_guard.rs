//! A guard that nobody keeps is a warning.
#![deny(unused_must_use)]

fn main() -> std::io::Result<()> {
    session_lock::session_lock(".", "s")?;
    Ok(())
}
