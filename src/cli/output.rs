//! Where reports go: formats, files, colours.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use super::args::ColorWhen;
use super::fail::Failure;
use crate::report::{FORMATS, Format, Report, Style, format};
use crate::source::nearest;

/// One `--output-format`.
pub(super) struct Target {
    format: &'static Format,
    file: Option<PathBuf>,
}

impl Target {
    /// Whether this format tells which revision was checked, so that asking git is worth it.
    pub(super) fn tells_provenance(&self) -> bool {
        self.format.name == "sarif"
    }
}

/// Reads `FORMAT[=FILE]`s; the default is `full` to standard output.
pub(super) fn targets(given: &[String]) -> Result<Vec<Target>, Failure> {
    if given.is_empty() {
        return Ok(vec![Target { format: &FORMATS[0], file: None }]);
    }
    given.iter().map(|g| target(g)).collect()
}

fn target(given: &str) -> Result<Target, Failure> {
    let (name, file) = given.split_once('=').map_or((given, None), |(n, f)| (n, Some(PathBuf::from(f))));
    let Some(format) = format(name) else {
        let names: Vec<_> = FORMATS.iter().map(|f| f.name).collect();
        let near = nearest(name, names.iter().copied()).map_or_else(String::new, |n| format!("did you mean `{n}`? "));
        return Err(Failure::usage(format!("unknown output format `{name}`"), format!("{near}there are {}", names.join(", "))));
    };
    if file.as_ref().is_some_and(|f| f.as_os_str().is_empty()) {
        return Err(Failure::usage(
            format!("`{given}` names no file"),
            format!("write `{name}=FILE`, or `{name}` alone for standard output"),
        ));
    }
    Ok(Target { format, file })
}

/// Writes a report to all targets.
pub(super) fn write(targets: &[Target], report: &Report<'_>, color: ColorWhen) -> Result<(), Failure> {
    for target in targets {
        match &target.file {
            Some(path) => {
                let help = if path.is_dir() { "name a file in it" } else { "does its directory exist, and may you write there?" };
                let told = |e: io::Error| Failure::usage(format!("cannot write `{}`: {e}", path.display()), help);
                let mut out = BufWriter::new(File::create(path).map_err(told)?);
                (target.format.write)(&Report { style: Style::default(), ..*report }, &mut out)?;
                out.flush()?;
            }
            None => {
                let stdout = io::stdout().lock();
                let color = colored(color, stdout.is_terminal());
                let style = Style { color, links: color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout) };
                let mut out = BufWriter::new(stdout);
                (target.format.write)(&Report { style, ..*report }, &mut out)?;
                out.flush()?;
            }
        }
    }
    Ok(())
}

/// Whether to use colour on a stream.
pub(super) fn colored(when: ColorWhen, is_terminal: bool) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
            is_terminal && !refused && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
        }
    }
}
