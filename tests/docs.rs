//! Documents that are made from the program: every flag, every key, both schemas; and the examples of docs/ci.md.

mod support;

use clap::{Arg, Command, CommandFactory as _};
use support::project::Project;
use support::{fail_on, kept, text};

#[test]
fn documents_are_current() {
    let documents = [
        ("docs/cli.md", cli()),
        ("docs/configuration.md", configuration()),
        ("docs/toctou.schema.json", format!("{:#}\n", toctou::config::schema())),
        ("docs/report.schema.json", format!("{:#}\n", toctou::report::json::schema())),
    ];
    let complaints: Vec<String> = documents.iter().filter_map(|(path, now)| kept::agrees(path, Some(now)).err()).collect();
    fail_on(&complaints, documents.len(), "docs");
}

#[test]
fn every_flag_and_command_is_documented() {
    let mut silent = Vec::new();
    let mut open = vec![toctou::cli::Cli::command()];
    while let Some(command) = open.pop() {
        let named = |what: String| format!("{}: {what}", command.get_name());
        if command.get_about().is_none() {
            silent.push(named("no description".into()));
        }
        silent.extend(command.get_arguments().filter(|a| a.get_help().is_none()).map(|a| named(a.get_id().to_string())));
        open.extend(command.get_subcommands().cloned());
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    let schema = toctou::config::schema();
    let silent: Vec<_> = keys(&schema).into_iter().filter(|(_, about)| about.is_empty()).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn the_configurations_in_the_documents_are_valid() {
    let mut checked = 0;
    for page in ["docs/ci.md", "docs/configuration.md"] {
        for block in text(page).split("```toml\n").skip(1) {
            let toml = block.split("```").next().expect("a block ends");
            let name = if toml.contains("[tool.toctou") {
                "pyproject.toml"
            } else if toml.contains("metadata.toctou") {
                "Cargo.toml"
            } else {
                "toctou.toml"
            };
            let p = Project::new(&[(name, toml), ("a.py", "x = 1\n")]);
            let ran = p.toctou(&["config", "show"]);
            assert_eq!(ran.status, 0, "{page}:\n{toml}\n{}", ran.stderr);
            assert!(ran.stdout.contains(name), "{page}: nothing of this block is used:\n{toml}");
            checked += 1;
        }
    }
    assert!(checked >= 3, "only {checked} blocks: was a page renamed?");
}

/// The address and the version stand in `Cargo.toml`; what users copy from elsewhere must not differ from it.
#[test]
fn one_address_and_one_version_everywhere() {
    let (address, version) = (env!("CARGO_PKG_REPOSITORY"), concat!("v", env!("CARGO_PKG_VERSION")));
    let name = address.strip_prefix("https://github.com/").expect("the action is found by owner and name");
    let mut seen = 0;
    for path in ["README.md", "docs/ci.md", "ci/gitlab.yml", "action.yml", ".pre-commit-hooks.yaml"] {
        let text = text(path);
        let words = || text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | '\''));
        for word in words().filter(|w| w.contains("toctou/toctou")) {
            let (place, tag) = word.split_once('@').unwrap_or((word, version));
            assert!((place == address || place == name) && tag == version, "{path}: `{word}` is not {address} at {version}");
            seen += 1;
        }
        let is_version = |w: &&str| w.strip_prefix('v').is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()) && w.contains('.'));
        words().filter(is_version).for_each(|word| assert_eq!(word, version, "{path}"));
    }
    assert!(seen >= 4, "only {seen}: are they written differently?");
}

fn cli() -> String {
    let mut command = toctou::cli::Cli::command();
    command.build();
    let mut out = String::from("# The command line\n\n<!-- made by `UPDATE=1 cargo test --test docs`; do not edit -->\n\n");
    out += &format!("{}\n\n", command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default());
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        out += &described("toctou", sub);
    }
    out.trim_end().to_owned() + "\n"
}

/// A command, its arguments by heading, and its own commands.
fn described(parent: &str, command: &Command) -> String {
    let name = format!("{parent} {}", command.get_name());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace("\n      ", "\n");
    let mut out =
        format!("## `{name}`\n\n{}\n\n```text\n{usage}\n```\n\n", command.get_about().map(ToString::to_string).unwrap_or_default());
    let shown = |a: &&Arg| !a.is_hide_set() && a.get_id() != "help" && a.get_id() != "version";
    let mut headings: Vec<Option<&str>> = Vec::new();
    for arg in command.get_arguments().filter(shown) {
        if !headings.contains(&arg.get_help_heading()) {
            headings.push(arg.get_help_heading());
        }
    }
    for heading in headings {
        out += &heading.map_or_else(String::new, |h| format!("**{h}**\n\n"));
        for arg in command.get_arguments().filter(shown).filter(|a| a.get_help_heading() == heading) {
            out += &format!("* {}\n", argument(arg));
        }
        out.push('\n');
    }
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        out += &described(&name, sub);
    }
    out
}

fn argument(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(|n| n.first()).map(ToString::to_string).unwrap_or_default();
    let takes = arg.get_action().takes_values();
    let long = arg.get_long().map(|l| if takes { format!("`--{l} {value}`") } else { format!("`--{l}`") });
    let short = arg.get_short().map(|s| format!("`-{s}`"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let names = if names.is_empty() { format!("`{value}`") } else { names.join(", ") };
    let values: Vec<String> = arg.get_possible_values().iter().filter(|_| takes).map(|v| format!("`{}`", v.get_name())).collect();
    let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
    format!("{names}: {}{values}", arg.get_help().map(ToString::to_string).unwrap_or_default())
}

fn configuration() -> String {
    let schema = toctou::config::schema();
    let mut out = String::from(
        "# Configuration\n\n<!-- made by `UPDATE=1 cargo test --test docs`; do not edit -->\n\n\
         The nearest of these files at or above the checked paths counts, and no other: `toctou.toml`, `.toctou.toml`, `[tool.toctou]` in `pyproject.toml`,\n\
         `[package.metadata.toctou]` or `[workspace.metadata.toctou]` in `Cargo.toml`. `--config FILE` names another one, `--config KEY=VALUE` sets one key,\n\
         `--isolated` reads none. `toctou config show` prints every value and where it comes from, `toctou config init` writes a file to start with, and\n\
         `toctou config schema` prints the JSON schema (also [here](toctou.schema.json)). An unknown key is an error.\n\n\
         | key | what it does |\n| --- | --- |\n",
    );
    for (key, about) in keys(&schema) {
        out += &format!("| `{key}` | {about} |\n");
    }
    out += "\n```toml\n# toctou.toml\nbaseline = \"toctou-baseline.json\"\nmodels = { python = [\"lint/our-storage.toml\"] }\n```\n";
    out += "\n```toml\n# Cargo.toml\n[workspace.metadata.toctou]\nmin-confidence = \"high\"\n```\n";
    out += "\n```toml\n# pyproject.toml\n[tool.toctou]\nexclude = [\"generated/\"]\nfail-on = \"warning\"\n\n[tool.toctou.levels]\nunused-suppression = \"note\"\n\n\
            [[tool.toctou.per-path]]\npaths = [\"scripts/\"]\nmin-confidence = \"high\"\n```\n";
    out
}

/// Keys with their descriptions, those of `per-path` behind it.
fn keys(schema: &serde_json::Value) -> Vec<(String, String)> {
    let listed = |node: &serde_json::Value, prefix: &str| {
        let properties = node["properties"].as_object().cloned().unwrap_or_default();
        let about = |v: &serde_json::Value| v["description"].as_str().unwrap_or_default().replace('\n', " ");
        properties.iter().map(|(key, value)| (format!("{prefix}{key}"), about(value))).collect::<Vec<_>>()
    };
    let mut keys = listed(schema, "");
    keys.extend(listed(&schema["$defs"]["Models"], "models."));
    keys.extend(listed(&schema["$defs"]["PerPath"], "per-path."));
    keys
}
