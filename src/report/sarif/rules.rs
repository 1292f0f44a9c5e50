//! The tool, its rules and the weaknesses that they find, as SARIF describes them.

use serde_json::json;

use super::sentence;
use super::wire::{Component, ComponentRef, Configuration, Descriptor, MessageStrings, Relationship, TaxonRef, Text, Tool};
use crate::finding::{Level, Rule};
use crate::report::page_url;

/// The id that the taxonomy CWE goes by in SARIF files.
const CWE_GUID: &str = "FFC64C90-42B6-44CE-8BEB-F6B7DAE649E5";

pub(super) fn tool(rules: &[&'static Rule]) -> Tool {
    let version = env!("CARGO_PKG_VERSION");
    let driver = Component {
        name: "toctou",
        organization: Some("the toctou project"),
        version,
        semantic_version: Some(version),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        short_description: Text::plain(sentence(env!("CARGO_PKG_DESCRIPTION"))),
        rules: rules.iter().map(|r| descriptor(r, &numbers(rules))).collect(),
        supported_taxonomies: vec![cwe()],
        ..Component::default()
    };
    Tool { driver }
}

/// The weaknesses that any of the rules finds.
pub(super) fn weaknesses(rules: &[&'static Rule]) -> Component {
    let taxon = |n: &u16| Descriptor {
        id: format!("CWE-{n}"),
        name: None,
        short_description: Text::plain(weakness(*n)),
        full_description: None,
        help_uri: format!("https://cwe.mitre.org/data/definitions/{n}.html"),
        help: None,
        message_strings: None,
        default_configuration: None,
        relationships: Vec::new(),
        properties: serde_json::Value::Null,
    };
    Component {
        name: "CWE",
        guid: Some(CWE_GUID),
        organization: Some("MITRE"),
        version: "4.18",
        information_uri: "https://cwe.mitre.org/",
        short_description: Text::plain("The MITRE Common Weakness Enumeration."),
        taxa: numbers(rules).iter().map(taxon).collect(),
        ..Component::default()
    }
}

fn numbers(rules: &[&'static Rule]) -> Vec<u16> {
    let mut all: Vec<u16> = rules.iter().flat_map(|r| r.cwe.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn weakness(number: u16) -> &'static str {
    match number {
        252 => "Unchecked return value.",
        362 => "Concurrent execution using a shared resource with improper synchronization (race condition).",
        367 => "Time-of-check time-of-use (TOCTOU) race condition.",
        377 => "Insecure temporary file.",
        667 => "Improper locking.",
        _ => "See the page of this weakness.",
    }
}

fn cwe() -> ComponentRef {
    ComponentRef { name: "CWE", index: 0, guid: CWE_GUID }
}

fn descriptor(rule: &Rule, numbers: &[u16]) -> Descriptor {
    let index = |n| numbers.iter().position(|m| *m == n).unwrap_or_default();
    let target = |n: u16| TaxonRef { id: format!("CWE-{n}"), index: index(n), tool_component: cwe() };
    let (precision, severity) = match rule.level {
        Level::Error => ("high", "7.0"),
        Level::Warning => ("medium", "5.0"),
        Level::Note => ("low", "3.0"),
    };
    let tags = ["security".to_owned(), "concurrency".to_owned()].into_iter();
    let tags = tags.chain(rule.cwe.iter().map(|n| format!("external/cwe/cwe-{n}"))).chain(rule.tags.iter().map(|t| (*t).to_owned()));
    Descriptor {
        id: rule.id.to_owned(),
        name: Some(pascal(rule.id)),
        short_description: Text::plain(sentence(rule.summary)),
        full_description: Some(Text::plain(sentence(rule.summary))),
        help_uri: page_url(rule),
        help: Some(Text { text: rule.page.to_owned(), markdown: Some(rule.page.to_owned()) }),
        message_strings: Some(MessageStrings { default: Text::plain(format!("{} ('{{0}}' in '{{1}}').", rule.summary)) }),
        default_configuration: Some(Configuration { enabled: rule.default_on, level: rule.level.as_str() }),
        relationships: rule.cwe.iter().map(|n| Relationship { target: target(*n), kinds: ["superset"] }).collect(),
        properties: json!({
            "precision": precision,
            "problem.severity": match rule.level { Level::Note => "recommendation", other => other.as_str() },
            "security-severity": severity,
            "tags": tags.collect::<Vec<_>>(),
        }),
    }
}

/// `lock-too-narrow` as `LockTooNarrow`, the form that the standard advises for names.
fn pascal(id: &str) -> String {
    id.split('-').filter_map(|w| Some(w.get(..1)?.to_uppercase() + &w[1..])).collect()
}
