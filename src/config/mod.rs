//! The configuration: `toctou.toml`, `[tool.toctou]`, Cargo metadata. Knows where each value comes from, and which keys there are.

mod error;
mod file;
mod raw;
mod settings;
mod show;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use file::{find, load, parse_inline};
pub use raw::{ConfidenceName, LevelName, LevelOrOff, Models, PerPath, Raw, schema};
pub use settings::{Layer, Settings};
pub use show::{STARTER, show};
