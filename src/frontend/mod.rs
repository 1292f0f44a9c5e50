//! Front ends: one folder per language. Each turns one file's text into [`crate::ir::File`] and knows syntax only.

#[cfg(feature = "python")]
pub mod python;
#[cfg(feature = "rust")]
pub mod rust;
