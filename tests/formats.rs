//! Our formats as their readers take them: validators, schemas and a browser, installed by tests/clients/setup.sh.

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::project::{Project, Ran, client, ran};
use support::{repository, text};

/// A race across two files, one in Rust, a suppressed one, findings with a fix, and names that need escaping.
fn project() -> Project {
    let p = Project::new(&[
        ("toctou.toml", ""),
        (
            "store/a b.py",
            "import json\n\nSTATE = \"/var/lib/app/state, 100%.json\"\n\n\ndef load():\n    with open(STATE) as f:\n        return json.load(f)\n\n\ndef save(data):\n    with open(STATE, \"w\") as f:\n        json.dump(data, f)\n\n\ndef add(event):\n    data = load()\n    data.append(event)\n    save(data)\n\n\n# toctou: allow(unlocked-read-modify-write) only the installer runs this\ndef reset(event):\n    data = load()\n    data.clear()\n    save(data)\n",
        ),
        (
            "src/é.rs",
            "use std::{fs, io};\n\nfn count() -> io::Result<()> {\n    let n: u64 = fs::read_to_string(\"/var/lib/app/count\")?.trim().parse().unwrap_or(0);\n    fs::write(\"/var/lib/app/count\", (n + 1).to_string())\n}\n",
        ),
        ("src/guard.rs", &text("fixtures/lock-dropped-at-once/case_let_underscore.rs")),
        ("unused.py", "x = \"é\"  # toctou: allow(unlocked-read-modify-write) nothing is here\n"),
        ("broken.py", "def f(:\n    pass\n"),
        ("comment.py", "x = 1  # toctou: allow(no-such-rule) & <this> is \"quoted\"\n"),
    ]);
    p.commit_all();
    p.git(&["remote", "add", "origin", "https://example.com/a/b.git"]);
    p
}

/// Runs the linter with one format to a file, and gives the file.
fn written(p: &Project, format: &str, name: &str) -> PathBuf {
    let ran = p.toctou(&["check", "--pedantic", "--sarif-suppressed", "-o", &format!("{format}={name}")]);
    assert_eq!(ran.status, 1, "{ran:?}");
    p.path(name)
}

fn passes(mut command: Command) -> Ran {
    let done = ran(&mut command);
    assert_eq!(done.status, 0, "{command:?}\n{}\n{}", done.stdout, done.stderr);
    done
}

#[test]
fn sarif_is_accepted_by_its_validator_and_read() {
    let p = project();
    let file = written(&p, "sarif", "x.sarif");
    let tool = client("node_modules/@microsoft/sarif-multitool-linux");
    let mut validator = Command::new(tool.join("Sarif.Multitool"));
    validator.arg("validate").arg(&file).args(["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"]);
    validator.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    let said = passes(validator).stdout;
    assert!(said.contains("Analysis completed successfully"), "{said}");
    // SARIF2006 asks for addresses over the network. SARIF2009 would have rules called `TOC1001`; ours bear one name everywhere.
    let allowed = |line: &&str| !line.contains(" SARIF2006: ") && !line.contains(" SARIF2009: ");
    let complaints: Vec<&str> =
        said.lines().filter(|l| l.contains(": error ") || l.contains(": warning ") || l.contains(": note ")).filter(allowed).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");

    let mut schema = Command::new(client("venv/bin/check-jsonschema"));
    schema.arg("--schemafile").arg(tool.join("sarif-2.1.0.json")).arg(&file);
    passes(schema);
    let mut reader = Command::new(client("venv/bin/sarif"));
    reader.arg("summary").arg(&file);
    assert!(passes(reader).stdout.contains("unlocked-read-modify-write"));
}

#[test]
fn sarif_draws_each_race_with_two_flows() {
    let p = project();
    let text = std::fs::read_to_string(written(&p, "sarif", "x.sarif")).expect("written");
    let log: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let results = log["runs"][0]["results"].as_array().cloned().expect("results");
    let fixable = |rule: &str| results.iter().filter(|r| r["ruleId"] == rule && r["fixes"][0].is_object()).count();
    assert_eq!((fixable("lock-dropped-at-once"), fixable("unused-suppression")), (1, 1), "the validator has seen fixes: {results:#?}");
    let races: Vec<_> = results.iter().filter(|r| r["ruleId"] == "unlocked-read-modify-write").collect();
    assert_eq!(races.len(), 3, "two that are reported and one that is suppressed");
    for race in &races {
        assert_eq!(race["codeFlows"][0]["threadFlows"].as_array().map(Vec::len), Some(2), "{race:#}");
        assert!(race["relatedLocations"].as_array().is_some_and(|l| l.len() >= 2), "{race:#}");
    }
    assert_eq!(races.iter().filter(|r| r["suppressions"][0]["justification"] == "only the installer runs this").count(), 1);
}

#[test]
fn our_json_fits_its_published_schema() {
    let p = project();
    let mut schema = Command::new(client("venv/bin/check-jsonschema"));
    schema.arg("--schemafile").arg(repository("docs/report.schema.json")).arg(written(&p, "json", "x.json"));
    passes(schema);
    p.write(
        "all.toml",
        "exclude = [\"a/\"]\nmin-confidence = \"high\"\nlevels = { unused-suppression = \"off\" }\n[[per-path]]\npaths = [\"x\"]\n",
    );
    let mut config = Command::new(client("venv/bin/check-jsonschema"));
    config.arg("--schemafile").arg(repository("docs/toctou.schema.json")).arg(p.path("all.toml"));
    passes(config);
}

#[test]
fn gitlab_accepts_its_report_and_its_job() {
    let p = project();
    let file = written(&p, "gitlab", "gl.json");
    let mut schema = Command::new(client("venv/bin/check-jsonschema"));
    schema.arg("--schemafile").arg(repository("tests/clients/gitlab-code-quality.schema.json")).arg(&file);
    passes(schema);
    let issues: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).expect("written")).expect("JSON");
    let fingerprints: Vec<_> = issues.as_array().expect("a list").iter().map(|i| i["fingerprint"].to_string()).collect();
    let distinct: std::collections::BTreeSet<_> = fingerprints.iter().collect();
    assert_eq!(distinct.len(), fingerprints.len());
    let mut job = Command::new(client("venv/bin/check-jsonschema"));
    job.args(["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]).arg(repository("ci/gitlab.yml"));
    passes(job);
}

#[test]
fn github_accepts_the_action() {
    let mut schema = Command::new(client("venv/bin/check-jsonschema"));
    schema.args(["--builtin-schema", "vendor.github-actions"]).arg(repository("action.yml"));
    passes(schema);
}

#[test]
fn xml_and_rdjson_are_read() {
    let p = project();
    for (format, name) in [("checkstyle", "c.xml"), ("junit", "j.xml")] {
        let mut lint = Command::new("xmllint");
        lint.arg("--noout").arg(written(&p, format, name));
        passes(lint);
    }
    let mut reader = Command::new(client("venv/bin/junit2html"));
    reader.arg(p.path("j.xml")).arg(p.path("j.html"));
    passes(reader);
    assert!(p.read("j.html").contains("unlocked-read-modify-write"));
    let mut validator = Command::new("node");
    validator
        .arg(client("node_modules/@umbrelladocs/rdformat-validator/bin/rdformat-validator.js"))
        .args(["--strict", "--no-extra-fields"]);
    validator.arg(written(&p, "rdjson", "r.json"));
    let said = passes(validator).stdout;
    assert!(said.contains("Total errors: 0"), "{said}");
}

/// Opens a page in a browser without a window; gives what became of the page, and what the browser wrote.
fn browsed(p: &Project, page: &str, width: u32, more: &[&str]) -> Ran {
    let profile = tempfile::tempdir().expect("a temporary directory");
    let mut browser = Command::new("chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]);
    browser.args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--force-prefers-reduced-motion"]);
    browser.arg(format!("--user-data-dir={}", profile.path().display())).arg(format!("--window-size={width},1200")).args(more);
    browser.arg(format!("file://{}", p.path(page).display()));
    passes(browser)
}

#[test]
fn the_page_works_in_a_browser() {
    let p = project();
    written(&p, "html", "x.html");
    let click = "<script>document.querySelector('.finding > summary').click();\n\
                 document.getElementById('rule').value = 'unlocked-read-modify-write';\n\
                 document.getElementById('filter').dispatchEvent(new Event('input'));\n\
                 document.title = [...document.querySelectorAll('.finding')].filter((f) => !f.hidden).length + ' shown, ' +\n\
                 document.querySelectorAll('.finding[open] .line.hit').length + ' sites open, ' +\n\
                 ([...document.querySelectorAll('.page p, .page li, .page h3')].some((e) => /^[#*`]/.test(e.textContent)) ? 'Markdown, ' : '') +\n\
                 (document.documentElement.scrollWidth > innerWidth ? 'too wide' : 'fits');</script>";
    p.write("clicked.html", p.read("x.html").replace("</body>", &format!("{click}</body>")));
    for width in [1200, 400] {
        let done = browsed(&p, "clicked.html", width, &["--dump-dom"]);
        assert!(!done.stderr.contains("CONSOLE"), "{}", done.stderr);
        let title = done.stdout.split("<title>").nth(1).and_then(|t| t.split('<').next()).unwrap_or_default().to_owned();
        assert!(title.starts_with("2 shown, ") && title.ends_with("open, fits") && !title.contains(" 0 sites"), "at {width}: {title}");
        assert!(done.stdout.contains("<svg "), "the interleaving is drawn");
        let picture = p.path(&format!("{width}.png"));
        browsed(&p, "x.html", width, &[&format!("--screenshot={}", picture.display())]);
        assert!(picture.metadata().is_ok_and(|m| m.len() > 10_000));
    }
}
