//! `toctou` finds time-of-check/time-of-use races on files, above all read-modify-write cycles that no lock surrounds,
//! in Python and Rust, across functions and files.
//!
//! The modules in reading order: text, then what the source says, then what it means, then what is wrong with it, then how it is told.

pub mod source;

pub mod ir;

pub mod frontend;

pub mod effect;

pub mod models;

pub mod engine;

pub mod finding;

pub mod lints;

pub mod config;

pub mod check;

pub mod report;

pub mod cli;
