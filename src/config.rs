//! The configuration: `toctou.toml`, `[tool.toctou]`, Cargo metadata.
