//! Mistakes as a new user makes them: each is told with what is wrong, where, and what to do next.

mod support;

use std::process::Command;

use support::project::{FINDING, Project, Ran, ran};

/// Expects that the job could not be done, and all of these words.
fn told(p: &Project, args: &[&str], words: &[&str]) {
    said(args, &p.toctou(args), words);
}

fn said(args: &[&str], ran: &Ran, words: &[&str]) {
    assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
    for word in words.iter().chain(&["help: "]) {
        assert!(ran.stderr.contains(word), "{args:?} should say `{word}`: {}", ran.stderr);
    }
}

#[test]
fn paths() {
    let p = Project::new(&[("store.py", "x = 1\n"), ("notes.md", "")]);
    let here = format!("paths are relative to `{}`", p.path("").canonicalize().expect("there").display());
    for command in ["check", "effects", "doctor"] {
        told(&p, &[command, "stor.py"], &["cannot read `stor.py`", "did you mean `store.py`?", &here]);
    }
    told(&p, &["check", "--report-only", "stor.py"], &["cannot read `stor.py`", "did you mean `store.py`?"]);
    told(&p, &["check", "-o", "json=no/such/dir/x"], &["cannot write `no/such/dir/x`", "does its directory exist"]);
    told(&p, &["check", "-o", "json="], &["`json=` names no file", "`json` alone for standard output"]);
    told(&p, &["check", "-o", "json=."], &["cannot write `.`", "name a file in it"]);
    told(&p, &["check", "-", "--stdin-filename", "a.txt"], &["cannot tell the language of `a.txt`", ".py"]);
    told(&p, &["check", "--stdin-filename", "a.py"], &["names standard input, which is not checked", "add `-` to the paths"]);
    assert_eq!(p.toctou(&["check", "--report-only"]).status, 2, "it would report nothing, whatever there is");
}

#[test]
fn names() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    told(&p, &["check", "--select", "invalid-supression"], &["unknown rule `invalid-supression`", "did you mean `invalid-suppression`?"]);
    told(&p, &["explain", "no-such"], &["unknown rule `no-such`", "toctou rules"]);
    told(&p, &["check", "-o", "sarf"], &["unknown output format `sarf`", "did you mean `sarif`?"]);
    for (args, words) in [
        (&["chekc"][..], "a similar subcommand exists: 'check'"),
        (&["check", "--selct", "x"], "a similar argument exists: '--select'"),
        (&["check", "--min-confidence", "sure"], "[possible values: low, medium, high]"),
        (&["check", "--jobs", "100000"], "is not in 0..=512"),
    ] {
        let ran = p.toctou(args);
        assert!(ran.status == 2 && ran.stderr.contains(words), "{args:?} should say `{words}`: {ran:?}");
    }
}

#[test]
fn configurations() {
    let with = |name: &str, text: &str| Project::new(&[("a.py", "x = 1\n"), (name, text)]);
    for (text, words) in [
        ("exlcude = []", &["toctou.toml:1:1", "unknown key `exlcude`", "did you mean `exclude`?"][..]),
        ("select = [\"lock-to-narrow\"]", &["toctou.toml:1:11", "unknown rule `lock-to-narrow`", "did you mean `lock-too-narrow`?"]),
        ("[levels]\nlock-too-narrow = \"fatal\"", &["toctou.toml:2:19", "unknown variant `fatal`", "config schema"]),
        ("pedantic = \"yes\"", &["toctou.toml:1:12", "expected a boolean", "config schema"]),
        ("pedantic =", &["toctou.toml:1:", "config init"]),
        ("exclude = [\"a[\"]", &["toctou.toml", "`a[` is not a pattern", "`[[]`"]),
        ("models = { python = [\"none.toml\"] }", &["none.toml: cannot be read", "named under `models`"]),
    ] {
        told(&with("toctou.toml", text), &["check"], words);
    }
    let plain = with("pyproject.toml", "[project]\nname = \"a\"\n");
    told(&plain, &["check", "--config", "pyproject.toml"], &["has no table for toctou", "add `[tool.toctou]`"]);
    told(&plain, &["check", "--config", "missing.toml"], &["missing.toml: cannot be read", "toctou config init"]);
    told(&plain, &["check", "--config", "exlcude=[]"], &["--config:1:1", "unknown key `exlcude`", "did you mean `exclude`?"]);
    told(&plain, &["check", "--baseline", "b.json"], &["cannot read", "toctou baseline create"]);
    plain.write("b.json", "{}");
    told(&plain, &["check", "--baseline", "b.json"], &["b.json` is not a baseline", "line 1", "create it anew"]);
}

#[test]
fn models() {
    for (text, words) in [
        ("[[call]]\npath = \"x.y\"\nparams = [\"p\"]\ndoes = [\"raed p\"]\n", &["m.toml:4:10", "unknown event `raed`", "`read`"][..]),
        (
            "[[call]]\npath = \"x.y\"\nparams = [\"p\"]\ndoes = [\"read q\"]\n",
            &["m.toml:4:15", "unknown parameter `q`", "did you mean `p`?"],
        ),
        ("[[cal]]\npath = \"x.y\"\n", &["m.toml:1:3", "unknown key `cal`", "did you mean `call`?"]),
    ] {
        let p = Project::new(&[("a.py", "x = 1\n"), ("m.toml", text), ("toctou.toml", "models = { python = [\"m.toml\"] }")]);
        told(&p, &["check"], words);
    }
}

#[test]
fn suppressions() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    told(&p, &["suppress", "--reason", "TODO"], &["`TODO` is not a reason", "why the race cannot happen"]);
    told(&p, &["suppress", "--reason", "only one process runs this"], &["no finding matches", "toctou check"]);
}

#[test]
fn git() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    told(&p, &["check", "--new-from", "HEAD"], &["needs a git repository", "patch:FILE"]);
    let mut without = Command::new(env!("CARGO_BIN_EXE_toctou"));
    let args = ["check", "--new-from", "HEAD"];
    without.args(args).current_dir(p.path("")).env("PATH", p.path(""));
    said(&args, &ran(&mut without), &["cannot run git", "install git"]);
    let whole =
        ran(Command::new(env!("CARGO_BIN_EXE_toctou")).args(["check", "-o", "sarif"]).current_dir(p.path("")).env("PATH", p.path("")));
    assert_eq!(whole.status, 0, "what needs no git does not ask for it: {whole:?}");
}

#[test]
fn nothing_to_check() {
    let p = Project::new(&[("empty/notes.md", "")]);
    for (args, named) in [(&["check"][..], "`.`"), (&["check", "empty"], "`empty`"), (&["check", "empty/notes.md"], "`empty/notes.md`")] {
        let nothing = p.toctou(args);
        assert_eq!(nothing.status, 0, "{nothing:?}");
        let words = format!("no Python or Rust files matched in {named}");
        assert!(nothing.stderr.contains(&words) && nothing.stderr.contains("help: are they excluded"), "{nothing:?}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    let p = Project::new(&[("bad.py", FINDING), ("broken.py", "def f(:\n")]);
    p.write("latin.py", b"# caf\xe9\n");
    told(&p, &["check", "latin.py"], &["`latin.py`: not UTF-8: byte 5 does not fit", "name only files"]);
    told(&p, &["check", "--quiet", "latin.py"], &["`latin.py`: not UTF-8"]);
    let all = p.toctou(&["check"]);
    assert_eq!(all.status, 1, "a file that nobody named ends nothing: {all:?}");
    assert!(all.stdout.contains("latin.py: note[unreadable] not UTF-8") && all.stdout.contains("broken.py:1:7: note[syntax]"), "{all:?}");
    assert!(all.stdout.ends_with("1 finding (1 warning) in 3 files, 1 of which could not be read\n"), "{all:?}");
    assert_eq!(p.toctou(&["check", "--report-only", "latin.py"]).status, 0, "a hook's names scope the report");
}
