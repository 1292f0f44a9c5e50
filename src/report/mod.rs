//! Reporters: one file per output format. Each renders findings and decides nothing.
