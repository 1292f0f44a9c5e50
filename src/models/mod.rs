//! What library calls do: TOML files read into [`crate::effect::Summary`]. Knows no language's syntax and no lint.
