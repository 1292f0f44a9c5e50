//! The middle of the composition: lowered files to findings, and to the text of effects.

use crate::engine::{self, Input, Program};
use crate::finding::{Finding, Rule};
use crate::source::{Files, Lang, modules};
use crate::{ir, lints, models};

/// All rules, in the order in which they are listed.
pub(super) fn rules() -> Vec<&'static Rule> {
    lints::LINTS.iter().map(|l| l.rule).collect()
}

/// Runs the engine and the lints over the files. A file without IR takes no part.
pub(super) fn analyse(files: &Files, lowered: impl Iterator<Item = Option<ir::File>>) -> Vec<Finding> {
    let program = link(files, lowered);
    let analysis = engine::analyse(&program);
    let mut out = Vec::new();
    for lint in lints::LINTS {
        (lint.check)(&analysis, &mut out);
    }
    out
}

/// What every function does, as text; files in order, each under its name if there are several.
pub(super) fn summaries(files: &Files, lowered: impl Iterator<Item = Option<ir::File>>) -> String {
    let program = link(files, lowered);
    let analysis = engine::analyse(&program);
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

fn link(files: &Files, lowered: impl Iterator<Item = Option<ir::File>>) -> Program<'static> {
    let modules = modules::modules(files);
    let inputs = files.iter().zip(modules).zip(lowered).filter_map(|(((id, file), module), ir)| {
        Some(Input { id, module: module.path, root: module.root, is_package: module.is_package, excluded: file.excluded, ir: ir? })
    });
    Program::link(inputs.collect(), models::builtin(Lang::Python), models::builtin(Lang::Rust))
}
