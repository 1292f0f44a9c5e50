//! The middle of the composition: lowered files to findings, and to the text of effects.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::config::ConfigError;
use crate::effect::Library;
use crate::engine::{self, Extent, Input, Program};
use crate::finding::{Finding, Rule};
use crate::source::modules::Module;
use crate::source::{Files, Lang, SourceFile};
use crate::{ir, lints, models};

/// All rules, in the order in which they are listed.
pub(super) fn rules() -> Vec<&'static Rule> {
    lints::LINTS.iter().map(|l| l.rule).collect()
}

/// What library calls do, by language: the models that come with the program, and the user's over them.
pub(super) struct Libraries {
    python: Cow<'static, Library>,
    rust: Cow<'static, Library>,
}

impl Libraries {
    /// Reads the user's models.
    ///
    /// # Errors
    /// The first mistake in them.
    pub(super) fn read(models: &[(Lang, PathBuf)]) -> Result<Self, ConfigError> {
        let mut libraries = Self { python: Cow::Borrowed(models::builtin(Lang::Python)), rust: Cow::Borrowed(models::builtin(Lang::Rust)) };
        for (lang, path) in models {
            let name = path.display().to_string();
            let wrong = |text: &str, span, message, help| ConfigError { path: name.clone(), text: text.to_owned(), span, message, help };
            let file = SourceFile::on_disk(name.clone(), path.clone(), *lang, false);
            let help = "it is named under `models` in the configuration, relative to that file";
            let text = file.read().map_err(|note| wrong("", None, note.message, Some(help.into())))?;
            let library = match lang {
                Lang::Python => &mut libraries.python,
                Lang::Rust => &mut libraries.rust,
            };
            models::parse(&name, &text, *lang, library.to_mut()).map_err(|faults| {
                let fault = faults.into_iter().next().expect("a file that is not taken has a fault");
                wrong(&text, Some(fault.span.start as usize..fault.span.end as usize), fault.message, fault.help)
            })?;
        }
        Ok(libraries)
    }
}

/// Runs the engine and the lints over the files, and says when a stage is over. A file without IR takes no part. What was analysed comes
/// back with the result.
pub(super) fn analyse(
    libraries: &Libraries,
    files: &Files,
    modules: &[Module],
    lowered: impl Iterator<Item = Option<ir::File>>,
    threads: usize,
    extent: Extent,
    mut over: impl FnMut(&'static str),
) -> (Vec<Finding>, engine::Stats, Vec<Input>) {
    let program = link(libraries, files, modules, lowered);
    over("link");
    let analysis = engine::analyse(&program, threads, extent);
    over("analyse");
    let mut out = Vec::new();
    for lint in lints::LINTS {
        (lint.check)(&analysis, &mut out);
    }
    over("run the lints");
    let stats = analysis.stats;
    drop(analysis);
    (out, stats, program.files)
}

/// What every function does, as text; files in order, each under its name if there are several.
pub(super) fn summaries(
    libraries: &Libraries,
    files: &Files,
    modules: &[Module],
    lowered: impl Iterator<Item = Option<ir::File>>,
    threads: usize,
) -> String {
    let program = link(libraries, files, modules, lowered);
    let analysis = engine::analyse(&program, threads, Extent::Needed);
    let mut out = String::new();
    for (n, input) in program.files.iter().enumerate() {
        let text = analysis.effects(u32::try_from(n).expect("file numbers fit"));
        if text.is_empty() {
            continue;
        }
        if program.files.len() > 1 {
            out.push_str(&format!("# {}\n", files.path(input.id)));
        }
        out.push_str(&text);
    }
    out
}

fn link<'a>(libraries: &'a Libraries, files: &Files, modules: &[Module], lowered: impl Iterator<Item = Option<ir::File>>) -> Program<'a> {
    let inputs = files.iter().zip(modules).zip(lowered).filter_map(|(((id, file), module), ir)| {
        let (path, root, is_package, manifest) = (module.path, module.root, module.is_package, module.manifest.clone());
        Some(Input { id, module: path, root, is_package, manifest, excluded: file.excluded, ir: ir? })
    });
    Program::link(inputs.collect(), &libraries.python, &libraries.rust)
}
