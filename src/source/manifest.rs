//! What `Cargo.toml` files say of their packages: names, source folders, and which versions of other packages they ask for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The library's name, as Rust spells it; `None` for a workspace without a package.
    pub name: Option<String>,
    /// The folder of the library's root, below the manifest's.
    pub source: PathBuf,
    /// The versions that the package asks for, by dependency; empty where the workspace says.
    pub requires: HashMap<String, String>,
    /// The versions that the workspace asks for.
    shared: HashMap<String, String>,
}

impl Manifest {
    /// Whether the package asks for this version of another one: `0.13` is any `0.13.x`.
    #[must_use]
    pub fn asks_for(&self, package: &str, version: &str) -> bool {
        let rest = self.requires.get(package).and_then(|v| v.strip_prefix(version));
        rest.is_some_and(|r| r.is_empty() || r.starts_with('.'))
    }
}

/// The manifests seen so far, by folder.
#[derive(Default)]
pub(super) struct Manifests(HashMap<PathBuf, Option<Arc<Manifest>>>);

impl Manifests {
    /// The manifest of a package in this folder, its dependencies' versions filled in from the workspace around it.
    pub(super) fn package(&mut self, dir: &Path) -> Option<Arc<Manifest>> {
        let own = self.in_folder(dir).filter(|m| m.name.is_some())?;
        if !own.requires.values().any(String::is_empty) {
            return Some(own);
        }
        let shared = dir.ancestors().take(MAX_FOLDERS).find_map(|d| self.in_folder(d).filter(|m| !m.shared.is_empty()));
        let Some(shared) = shared else { return Some(own) };
        let mut filled = (*own).clone();
        for (name, version) in filled.requires.iter_mut().filter(|(_, v)| v.is_empty()) {
            version.clone_from(shared.shared.get(name).unwrap_or(&String::new()));
        }
        let filled = Arc::new(filled);
        self.0.insert(dir.to_owned(), Some(filled.clone()));
        Some(filled)
    }

    fn in_folder(&mut self, dir: &Path) -> Option<Arc<Manifest>> {
        let read = || Some(Arc::new(parse(&std::fs::read_to_string(dir.join("Cargo.toml")).ok()?)));
        self.0.entry(dir.to_owned()).or_insert_with(read).clone()
    }
}

/// How far up a workspace is looked for.
const MAX_FOLDERS: usize = 8;

/// Reads the tables that matter, line by line.
fn parse(text: &str) -> Manifest {
    let mut out = Manifest { source: PathBuf::from("src"), ..Manifest::default() };
    let mut table = "";
    let mut library = None;
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            table = head.split(']').next().unwrap_or_default().trim();
            continue;
        }
        let Some((key, value)) = line.split_once('=').map(|(k, v)| (k.trim(), v.trim())) else { continue };
        let text = || value.split('#').next().unwrap_or(value).trim().trim_matches(['"', '\'']);
        match (table, key) {
            ("package", "name") => out.name = Some(text().replace('-', "_")),
            ("lib", "name") => library = Some(text().replace('-', "_")),
            ("lib", "path") => out.source = Path::new(text()).parent().map_or(out.source, Path::to_owned),
            _ => dependency(table, key, value, &mut out),
        }
    }
    out.name = out.name.map(|n| library.unwrap_or(n));
    out
}

/// `fs4 = "1"`, `fs4 = { version = "1" }`, `fs4.workspace = true` below `[dependencies]`, and `version = "1"` below `[dependencies.fs4]`.
fn dependency(table: &str, key: &str, value: &str, out: &mut Manifest) {
    let (kind, named) = match table.rsplit_once('.') {
        Some((kind, name)) if kind.ends_with("dependencies") => (kind, Some(name)),
        _ => (table, None),
    };
    if !kind.ends_with("dependencies") {
        return;
    }
    let version = match (named, key.split_once('.')) {
        (Some(_), _) if key == "version" => value,
        (Some(_), _) if key == "workspace" => "",
        (Some(_), _) => return,
        (None, Some(_)) => "",
        (None, None) if value.starts_with('{') => value.split_once("version").map_or("", |(_, v)| v.trim_start_matches([' ', '='])),
        (None, None) => value,
    };
    let name = named.unwrap_or_else(|| key.split('.').next().unwrap_or(key)).trim_matches('"').replace('-', "_");
    let number = version.split(['"', '\'']).nth(1).unwrap_or_default();
    let into = if kind.starts_with("workspace") { &mut out.shared } else { &mut out.requires };
    into.insert(name, number.trim_start_matches(['^', '=', '~', '>', ' ']).to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_the_crate() {
        let named = |text: &str| {
            let m = parse(text);
            (m.name.unwrap_or_default(), m.source.display().to_string())
        };
        assert_eq!(named("[package]\nname = \"my-app\"\n[lib]\nname = 'core'\n"), ("core".into(), "src".into()));
        assert_eq!(named("[package]\nname = \"app\"\n[lib]\npath = \"src/app/lib.rs\"\n"), ("app".into(), "src/app".into()));
        assert_eq!(parse("[workspace]\nmembers = []\n").name, None);
    }

    #[test]
    fn versions_are_found_however_they_are_written() {
        let text = "[dependencies]\na = \"1.2\"\nb = { features = [\"x\"], version = \"=0.13.1\" }\nc-d.workspace = true\n\
                    e = { workspace = true }\n[dependencies.f]\nversion = '^2'\n[target.'cfg(unix)'.dependencies]\ng = \"3\"\n\
                    [workspace.dependencies]\nc-d = \"4\"\n";
        let m = parse(text);
        let of = |name: &str| m.requires.get(name).map(String::as_str);
        assert_eq!(["a", "b", "f", "g", "c_d", "e"].map(of), ["1.2", "0.13.1", "2", "3", "", ""].map(Some));
        assert!(m.asks_for("b", "0.13") && !m.asks_for("b", "0.1") && !m.asks_for("z", "1"));
        assert_eq!(m.shared.get("c_d").map(String::as_str), Some("4"));
    }
}
