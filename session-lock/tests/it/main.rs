//! The guarantees of the guard, each with real processes. `SESSION_LOCK_LONG=1` runs the long form; see `tests/README.md`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod agent;
mod support;

mod attacks;
mod crash;
mod errors;
mod exclusion;
mod fork;
mod identity;
mod ids;
mod interop;
mod many;
mod model;
mod negative;
mod order;
mod panics;
mod reentry;
mod signals;
mod types;
mod verify;
mod waits;
