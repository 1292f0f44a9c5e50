//! Who may import whom: the table in ARCHITECTURE.md against every path in `src/`.
//!
//! A module's row counts for everything below it that has no row of its own. Test code is free.
#![cfg(feature = "rust")]

mod support;

use std::collections::BTreeSet;

use support::{files_below, text};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree};

const SECTION: &str = "## Who may import whom";

#[test]
fn modules_import_what_the_table_allows() {
    let table = Table::read();
    let mut breaches = Vec::new();
    for file in files_below("src", &["rs"]) {
        let module = module_of(&file);
        if module.is_empty() || module.last().is_some_and(|m| m == "tests") {
            continue;
        }
        let Some(row) = table.row_of(&module) else {
            breaches.push(format!("{file}: no row of the table is about `{}`", module.join("::")));
            continue;
        };
        let forbidden = paths_of(&file, module).into_iter().filter(|path| !table.allows(row, path));
        breaches.extend(forbidden.map(|path| format!("{file}: `{}` may not import `{}`", row.module, path.join("::"))));
    }
    assert!(breaches.is_empty(), "ARCHITECTURE.md, \"{SECTION}\":\n{}", breaches.join("\n"));
}

#[test]
fn every_row_is_about_a_module_that_exists() {
    let modules: BTreeSet<String> = files_below("src", &["rs"]).iter().map(|f| module_of(f).join("::")).collect();
    for row in &Table::read().rows {
        assert!(modules.contains(&row.module), "ARCHITECTURE.md: there is no module `{}`", row.module);
    }
}

/// One line of the table.
struct Row {
    module: String,
    /// Modules of this crate; `all` stands for every one.
    modules: Vec<String>,
    /// Other crates, and `std::fs`.
    crates: Vec<String>,
}

struct Table {
    rows: Vec<Row>,
    /// Crates that every module may use: the row `any`.
    everywhere: Vec<String>,
    /// What the manifest depends on, as paths spell it.
    dependencies: Vec<String>,
}

impl Table {
    fn read() -> Self {
        let page = text("ARCHITECTURE.md");
        let (_, section) = page.split_once(SECTION).expect("ARCHITECTURE.md has the section");
        let lines = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        let words = |cell: &str| -> Vec<String> {
            cell.split(',').map(|w| w.trim().trim_matches('`').replace('-', "_")).filter(|w| !w.is_empty() && w != "–").collect()
        };
        let row = |line: &str| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 3, "ARCHITECTURE.md: {line}");
            Row { module: cells[0].trim_matches('`').to_owned(), modules: words(cells[1]), crates: words(cells[2]) }
        };
        let (any, rows): (Vec<Row>, Vec<Row>) = lines.skip(2).map(row).partition(|row| row.module == "any");
        assert!(rows.len() > 5, "ARCHITECTURE.md: the table was not found");
        Self { rows, everywhere: any.into_iter().flat_map(|row| row.crates).collect(), dependencies: dependencies() }
    }

    /// The row of a module: the most special one.
    fn row_of(&self, module: &[String]) -> Option<&Row> {
        let about = |row: &&Row| module.join("::") == row.module || module.join("::").starts_with(&format!("{}::", row.module));
        self.rows.iter().filter(about).max_by_key(|row| row.module.len())
    }

    fn allows(&self, row: &Row, path: &[String]) -> bool {
        let (first, rest) = path.split_first().expect("paths are not empty");
        let named = |name: &str, list: &[String]| list.iter().any(|m| m == name);
        match first.as_str() {
            "crate" => {
                let target = self.row_of(rest).map_or_else(|| rest.first().map_or("", String::as_str), |r| r.module.as_str());
                let granted = |m: &String| target == m || target.starts_with(&format!("{m}::"));
                target == row.module || named("all", &row.modules) || row.modules.iter().any(granted)
            }
            "std" | "core" | "alloc" => rest.first().is_none_or(|m| m != "fs") || named("std::fs", &row.crates),
            name if named(name, &self.dependencies) => named(name, &row.crates) || named(name, &self.everywhere),
            _ => true,
        }
    }
}

fn dependencies() -> Vec<String> {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let dependencies = manifest["dependencies"].as_table().expect("there are dependencies");
    dependencies.keys().map(|name| name.replace('-', "_")).collect()
}

/// The module that a file holds; empty for the roots of the library and of the binary.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let parts = path.split('/').filter(|part| !["mod", "lib", "main"].contains(part));
    parts.map(str::to_owned).collect()
}

/// All paths in a file that start at the crate's root, in `std`, or in something that may be another crate.
fn paths_of(file: &str, module: Vec<String>) -> BTreeSet<Vec<String>> {
    let parsed = syn::parse_file(&text(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut paths = Paths { module, found: BTreeSet::new() };
    paths.visit_file(&parsed);
    paths.found
}

struct Paths {
    module: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    /// Keeps a path, with `self` and `super` resolved.
    fn keep(&mut self, path: &[String]) {
        let supers = path.iter().take_while(|p| *p == "super" || *p == "self").count();
        if supers == 0 {
            self.found.insert(path.to_vec());
            return;
        }
        let up = path[..supers].iter().filter(|p| *p == "super").count();
        let base = &self.module[..self.module.len().saturating_sub(up)];
        let absolute = ["crate".to_owned()].iter().chain(base).chain(&path[supers..]).cloned().collect();
        self.found.insert(absolute);
    }

    fn keep_tree(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.keep_tree(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.keep_tree(tree, before)),
            UseTree::Name(name) => self.keep_leaf(before, name.ident.to_string()),
            UseTree::Rename(rename) => self.keep_leaf(before, rename.ident.to_string()),
            UseTree::Glob(_) => self.keep(before),
        }
    }

    fn keep_leaf(&mut self, before: &[String], leaf: String) {
        let leaf = (leaf != "self").then_some(leaf);
        let path: Vec<String> = before.iter().cloned().chain(leaf).collect();
        self.keep(&path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.keep_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if names.len() > 1 {
            self.keep(&names);
        }
        visit::visit_path(self, path);
    }
}

/// Attributes of the items that test code is made of.
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attribute: &Attribute) -> bool {
    let is_cfg = attribute.path().is_ident("cfg");
    is_cfg && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}
