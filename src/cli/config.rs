//! `toctou config`.

use std::io::{self, Write as _};

use super::args::{ConfigAction, ConfigArgs};
use super::fail::Failure;
use super::{CLEAN, setup};
use crate::config::{STARTER, schema, show};

/// Shows, describes or starts the configuration.
pub(super) fn run(args: &ConfigArgs) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    match &args.action {
        ConfigAction::Show(source) => {
            let settings = setup::settings(source, &setup::cwd()?, &[], None)?;
            out.write_all(show(&settings.layers).as_bytes())?;
        }
        ConfigAction::Schema => writeln!(out, "{:#}", schema())?,
        ConfigAction::Init => {
            let exists = |e: io::Error| Failure::usage(format!("cannot create toctou.toml: {e}"), "edit or remove the one that is there");
            std::fs::File::create_new("toctou.toml").map_err(exists)?.write_all(STARTER.as_bytes())?;
            writeln!(out, "wrote toctou.toml")?;
        }
    }
    Ok(CLEAN)
}
