//! Models: TOML to [`crate::effect::Library`], with places for errors.
