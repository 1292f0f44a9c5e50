//! Which module a file is, by where it lies: Python packages by folder, Rust crates by their manifest and file layout.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{Manifest, Manifests};
use super::{Files, Lang, SourceFile, Sym};

/// A file's place among the modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Full dotted path: `pkg.store`, `my_crate.store`.
    pub path: Sym,
    /// What `crate` stands for (Rust).
    pub root: Sym,
    /// Whether relative imports count from the module itself (`__init__.py`).
    pub is_package: bool,
    /// The manifest of its package (Rust).
    pub manifest: Option<Arc<Manifest>>,
}

/// The modules of all files, in order.
#[must_use]
pub fn modules(files: &Files) -> Vec<Module> {
    let mut manifests = Manifests::default();
    files.iter().map(|(_, f)| if f.lang == Lang::Python { python(f) } else { module(f, &mut manifests) }).collect()
}

fn python(file: &SourceFile) -> Module {
    let stem = file.path.trim_start_matches("./").trim_end_matches(".pyi").trim_end_matches(".py");
    let mut parts: Vec<&str> = stem.split('/').filter(|p| !p.is_empty() && *p != "..").collect();
    let is_package = parts.last() == Some(&"__init__");
    if is_package && parts.len() > 1 {
        parts.pop();
    }
    let path = Sym::new(&parts.join("."));
    Module { path, root: path, is_package, manifest: None }
}

fn module(file: &SourceFile, manifests: &mut Manifests) -> Module {
    let disk = file.disk.clone().unwrap_or_else(|| PathBuf::from(&file.path));
    let mut at = disk.parent();
    while let Some(dir) = at {
        if let Some(manifest) = manifests.package(dir) {
            let below = disk.strip_prefix(dir).unwrap_or(&disk);
            let in_source = below.strip_prefix(&manifest.source).ok().filter(|b| !b.starts_with("bin"));
            if in_source.is_none() && is_outside(below) {
                break;
            }
            let has_library = dir.join(&manifest.source).join("lib.rs").is_file();
            let below = in_source.map_or_else(|| below.to_owned(), |b| Path::new("src").join(b));
            let module = layout(manifest.name.as_deref().unwrap_or_default(), &below, has_library);
            return Module { manifest: Some(manifest), ..module };
        }
        at = dir.parent();
    }
    // Without a manifest, the outermost folder with a crate root is the crate's source folder.
    let is_root = |dir: &&Path| dir.join("lib.rs").is_file() || dir.join("main.rs").is_file();
    let below_manifest = |dir: &&Path| at.is_none_or(|manifest| *dir != manifest && dir.starts_with(manifest));
    let source = disk.ancestors().skip(1).take(12).filter(below_manifest).filter(is_root).last().or(disk.parent()).unwrap_or(Path::new(""));
    let name = source.file_name().map_or_else(|| "crate".into(), |n| n.to_string_lossy().replace(['-', '.'], "_"));
    let below = Path::new("src").join(disk.strip_prefix(source).unwrap_or(&disk));
    layout(&name, &below, source.join("lib.rs").is_file())
}

/// Whether a file lies in none of the folders that a package's targets are in.
fn is_outside(below: &Path) -> bool {
    let first = below.iter().next().and_then(|p| p.to_str()).unwrap_or_default();
    below.components().count() > 1 && !["src", "tests", "examples", "benches"].contains(&first)
}

/// `src/a/b.rs` is `crate.a.b`; every file of `tests`, `examples`, `benches` and `src/bin` is a crate of its own.
fn layout(name: &str, below: &Path, has_library: bool) -> Module {
    let mut parts: Vec<String> = below.with_extension("").iter().map(|p| p.to_string_lossy().replace('-', "_")).collect();
    let own_crate = |parts: &[String], at: usize| parts.len() == at + 1 || parts.len() == at + 2 && parts[at + 1] == "main";
    let first = parts.first().cloned().unwrap_or_default();
    let mut root = name.to_owned();
    match first.as_str() {
        "src" if parts.get(1).is_some_and(|p| p == "bin") && parts.len() > 2 => {
            root = format!("{name}.bin.{}", parts[2]);
            let at_root = own_crate(&parts, 2);
            parts.drain(..3);
            if at_root {
                parts.clear();
            }
        }
        "src" => {
            parts.remove(0);
            if parts == ["lib"] || parts == ["main"] && !has_library {
                parts.clear();
            }
        }
        "tests" | "examples" | "benches" if parts.len() > 1 => {
            root = format!("{name}.{first}.{}", parts[1]);
            parts.drain(..2);
            if parts == ["main"] {
                parts.clear();
            }
        }
        _ => {}
    }
    if parts.last().is_some_and(|p| p == "mod") {
        parts.pop();
    }
    let path = std::iter::once(root.as_str()).chain(parts.iter().map(String::as_str)).collect::<Vec<_>>().join(".");
    Module { path: Sym::new(&path), root: Sym::new(&root), is_package: false, manifest: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(below: &str, has_library: bool) -> (&'static str, &'static str) {
        let m = layout("app", Path::new(below), has_library);
        (m.path.as_str(), m.root.as_str())
    }

    #[test]
    fn the_file_layout_gives_the_module() {
        assert_eq!(path_of("src/lib.rs", true), ("app", "app"));
        assert_eq!(path_of("src/main.rs", false), ("app", "app"));
        assert_eq!(path_of("src/main.rs", true), ("app.main", "app"));
        assert_eq!(path_of("src/store/mod.rs", true), ("app.store", "app"));
        assert_eq!(path_of("src/store/file.rs", true), ("app.store.file", "app"));
        assert_eq!(path_of("src/bin/tool.rs", true), ("app.bin.tool", "app.bin.tool"));
        assert_eq!(path_of("src/bin/tool/main.rs", true), ("app.bin.tool", "app.bin.tool"));
        assert_eq!(path_of("src/bin/tool/args.rs", true), ("app.bin.tool.args", "app.bin.tool"));
        assert_eq!(path_of("tests/cli.rs", true), ("app.tests.cli", "app.tests.cli"));
    }
}
