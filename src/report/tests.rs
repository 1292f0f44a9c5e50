//! Each format on findings made by hand.

use super::{FORMATS, Provenance, Report, Style, format};
use crate::finding::tests::{RULE, site};
use crate::finding::{Confidence, Finding, Label, Process, Role, seal};
use crate::source::{Files, Lang, Note, NoteKind, SourceFile};

const STORE: &str = "import json\n\ndef load(path):\n    return json.load(open(path))\n";
const APP: &str = "def add(path, event):\n    data = load(path)\n    data.append(event)\n    save(path, data)  # é, 100% ,:\n";

/// Two files with one race across them, a finding on an overlong line, and a note.
pub(super) fn with_report<T>(style: Style, f: impl FnOnce(&Report<'_>) -> T) -> T {
    let long = format!("x = {:?}\n", "y".repeat(5000));
    let file = |path: &str, text: &str| SourceFile::in_memory(path.into(), text, Lang::Python);
    let files = Files::new(vec![file("app.py", APP), file("lib/a b.py", STORE), file("long.py", &long)]);
    let span = |file: u32, text: &str, part: &str| {
        let start = text.find(part).expect("the part is in the text");
        site(file, start, start + part.len())
    };
    let write = span(0, APP, "save(path, data)");
    let read = span(1, STORE, "json.load(open(path))");
    let race = Finding::new(
        &RULE,
        Confidence::High,
        "`{path}` is read, changed and written without a lock",
        Label::new(Role::Write, write, "written here"),
    )
    .in_function("add")
    .on("{path}")
    .label(Role::Call, span(0, APP, "load(path)"), "`load` is called here")
    .label(Role::Read, read, "read here")
    .help("hold one lock over both")
    .step(Process::A, "read   {path}", read)
    .step(Process::B, "read   {path}", read)
    .step(Process::B, "write  {path}", write)
    .step(Process::A, "write  {path}", write)
    .outcome("B's change is lost");
    let odd =
        Finding::new(&RULE, Confidence::Low, "50% of: a, b\nnext <line> & \"more\"", Label::new(Role::Act, site(2, 4, 9), "acted on here"));
    let mut findings = vec![race, odd];
    seal(&mut findings, |id| files.path(id));
    let notes = [Note::at(NoteKind::Syntax, "app.py", site(0, 4, 7), "expected an expression")];
    let provenance =
        Provenance { repository: "https://example.com/r".into(), revision: "a".repeat(40), branch: Some("main".into()), at_top: true };
    f(&Report { files: &files, findings: &findings, suppressed: &[], notes: &notes, rules: &[&RULE], provenance: Some(&provenance), style })
}

/// What a format writes of that report.
pub(super) fn render(name: &str, style: Style) -> String {
    let mut out = Vec::new();
    with_report(style, |report| (format(name).expect("a known format").write)(report, &mut out)).expect("writing to memory");
    String::from_utf8(out).expect("text")
}

#[test]
fn concise_is_one_line_each() {
    let text = render("concise", Style::default());
    assert!(text.starts_with("app.py:4:5: warning[sample-race] `{path}` is read, changed and written without a lock\n"), "{text}");
    assert!(text.ends_with("app.py:1:5: note[syntax] expected an expression\n"), "{text}");
}

#[test]
fn full_shows_all_places_and_the_interleaving() {
    let text = render("full", Style::default());
    let expected = r"warning[sample-race]: `{path}` is read, changed and written without a lock
  ┌─ app.py:4:5
  │
2 │     data = load(path)
  │            ---------- `load` is called here
3 │     data.append(event)
4 │     save(path, data)  # é, 100% ,:
  │     ^^^^^^^^^^^^^^^^ written here
  │
  ┌─ lib/a b.py:4:12
  │
4 │     return json.load(open(path))
  │            --------------------- read here
  │
  = process A               process B
    read   {path}
                            read   {path}
                            write  {path}
    write  {path}           ← B's change is lost
  = help: hold one lock over both
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("= long.py:1:5: acted on here\n"), "an overlong line is named, not drawn: {text}");
    assert!(text.ends_with("2 findings (2 warnings) in 3 files\n"), "{text}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn full_is_dressed_only_when_asked() {
    assert!(render("full", Style { color: true, links: false }).contains("\x1b["));
    let links = render("full", Style { color: false, links: true });
    assert!(links.contains("\x1b]8;;http") && !links.contains("\x1b["), "{links}");
}

#[test]
fn json_keeps_the_contract() {
    let value: serde_json::Value = serde_json::from_str(&render("json", Style::default())).expect("JSON");
    assert_eq!(value["version"], 1);
    let finding = &value["findings"][0];
    assert_eq!(finding["rule"], "sample-race");
    assert_eq!(finding["level"], "warning");
    assert_eq!(finding["confidence"], "high");
    assert_eq!((&finding["file"], &finding["function"]), (&"app.py".into(), &"add".into()));
    assert_eq!(finding["range"]["start"], serde_json::json!({"line": 4, "column": 5}));
    assert_eq!(finding["range"]["end"], serde_json::json!({"line": 4, "column": 21}));
    assert_eq!(finding["labels"][2]["role"], "read");
    assert_eq!(finding["labels"][2]["file"], "lib/a b.py");
    assert_eq!(finding["fingerprint"].as_str().map(str::len), Some(32));
    assert_eq!(finding["interleaving"][3]["outcome"], "B's change is lost");
    assert_eq!(value["notes"][0]["range"]["start"]["line"], 1);
}

#[test]
fn github_commands_are_escaped() {
    let text = render("github", Style::default());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("::warning title=toctou%3A sample-race,file=app.py,line=4,endLine=4,col=5,endColumn=21::"), "{text}");
    assert!(lines[1].ends_with("::50%25 of: a, b%0Anext <line> & \"more\""), "{text}");
}

#[test]
fn xml_is_escaped() {
    let checkstyle = render("checkstyle", Style::default());
    assert!(checkstyle.contains("50% of: a, b&#10;next &lt;line&gt; &amp; &quot;more&quot;"), "{checkstyle}");
    let junit = render("junit", Style::default());
    assert!(junit.contains("failures=\"2\"") && junit.contains("next &lt;line&gt; &amp;"), "{junit}");
}

#[test]
fn rdjson_counts_bytes() {
    let value: serde_json::Value = serde_json::from_str(&render("rdjson", Style::default())).expect("JSON");
    assert_eq!(value["diagnostics"][0]["location"]["range"]["end"], serde_json::json!({"line": 4, "column": 21}));
    assert_eq!(value["diagnostics"][0]["related_locations"][1]["location"]["path"], "lib/a b.py");
}

#[test]
fn gitlab_fingerprints_differ() {
    let value: serde_json::Value = serde_json::from_str(&render("gitlab", Style::default())).expect("JSON");
    assert_ne!(value[0]["fingerprint"], value[1]["fingerprint"]);
    assert_eq!(value[0]["severity"], "major");
}

#[test]
fn sarif_draws_the_interleaving_with_one_flow_per_process() {
    let value: serde_json::Value = serde_json::from_str(&render("sarif", Style::default())).expect("JSON");
    let result = &value["runs"][0]["results"][0];
    let orders = |flow: usize| {
        let steps = result["codeFlows"][0]["threadFlows"][flow]["locations"].as_array().cloned().unwrap_or_default();
        steps.iter().filter_map(|s| s["executionOrder"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!((orders(0), orders(1)), (vec![1, 4], vec![2, 3]));
    assert_eq!(result["relatedLocations"][2]["physicalLocation"]["artifactLocation"]["uri"], "lib/a%20b.py");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["snippet"]["text"], "save(path, data)");
    assert!(value["runs"][0]["results"].as_array().is_some_and(|all| all.iter().all(|r| r["locations"][0].is_object())));
}

#[test]
fn html_is_one_page_without_the_network() {
    let page = render("html", Style::default());
    assert!(page.contains("<svg ") && page.contains("<mark class=\"primary\">save(path, data)</mark>"), "{page}");
    assert!(page.contains("next &lt;line&gt; &amp;") && !page.contains("<line>"), "text of the user is escaped");
    assert!(!page.contains("<script src") && !page.contains("@import") && !page.contains("<link rel=\"stylesheet\""));
}

#[test]
fn agents_are_told_where_and_what_to_do() {
    let text = render("agent", Style::default());
    assert!(text.contains("- app.py:4:5 written here: `save(path, data)") && text.contains("fix: hold one lock over both"), "{text}");
}

#[test]
fn every_format_writes_something_for_an_empty_report() {
    let files = Files::default();
    let report =
        Report { files: &files, findings: &[], suppressed: &[], notes: &[], rules: &[&RULE], provenance: None, style: Style::default() };
    for format in FORMATS.iter().filter(|f| !["concise", "jsonl", "github"].contains(&f.name)) {
        let mut out = Vec::new();
        (format.write)(&report, &mut out).expect("writing to memory");
        assert!(!out.is_empty(), "{}", format.name);
    }
}
