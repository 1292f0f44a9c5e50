//! The attribute `#[session_locked(dir = .., id = ..)]` of the crate `session-lock`, which exports it behind its feature `macros`.
//!
//! ```
//! use session_lock::session_locked;
//! use std::io;
//! use std::path::Path;
//!
//! /// The whole body runs under the lock of session `id`.
//! #[session_locked(dir = dir, id = id)]
//! fn add_event(dir: &Path, id: &str, event: &str) -> io::Result<usize> {
//!     let path = dir.join(format!("{id}.json"));
//!     let mut events = std::fs::read_to_string(&path).unwrap_or_default();
//!     events.push_str(event);
//!     std::fs::write(&path, &events)?;
//!     Ok(events.len())
//! }
//! # let scratch = std::env::temp_dir().join(format!("session-lock-macros-{}", std::process::id()));
//! # std::fs::create_dir_all(&scratch)?;
//! assert_eq!(add_event(&scratch, "2f1c", "one")?, 3);
//! assert_eq!(add_event(&scratch, "2f1c", "two")?, 6);
//! # std::fs::remove_dir_all(&scratch)?;
//! # Ok::<(), io::Error>(())
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic)]

mod arguments;
mod expand;

use proc_macro::TokenStream;

/// Runs the function's body under the exclusive lock of session `id` in directory `dir`.
///
/// Both are expressions over the function's parameters; `dir` is anything that is `AsRef<Path>`, `id` anything that is
/// `AsRef<str>`. The function must return a `Result` whose error can be made from a `std::io::Error`: the function returns early
/// with it if the session cannot be locked. The lock is held until the value to return has been computed.
///
/// `async` and `const` functions are rejected: waiting for the lock would block the runtime (use `SessionDir::lock_async`), or
/// cannot happen at all.
#[proc_macro_attribute]
pub fn session_locked(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::session_locked(arguments.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
