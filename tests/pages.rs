//! Every lint's page has its sections, and its programs do what it says: marked lines fire, unmarked programs are silent.

mod support;

use support::{fail_on, files_below, judge_all, marks, run, text};

const SECTIONS: &[&str] =
    &["What it does", "Why is this bad?", "How it decides", "Example", "Use instead", "What it misses", "When it is wrong"];

#[test]
fn the_programs_of_every_page_are_judged_as_marked() {
    let programs: Vec<Program> = pages().iter().flat_map(|page| programs(page)).collect();
    let complaints = judge_all(&programs, Program::judge);
    fail_on(&complaints, programs.len(), "pages");
}

#[test]
fn every_page_has_its_sections_in_order() {
    for page in pages() {
        let text = text(&page);
        let id = id(&page);
        assert_eq!(text.lines().next(), Some(format!("# {id}").as_str()), "{page}: the title is the id");
        let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(sections, SECTIONS, "{page}");
    }
}

#[test]
fn every_page_shows_a_bad_and_a_good_program_in_each_language() {
    for page in pages() {
        let programs = programs(&page);
        for lang in ["python", "rust"] {
            let of_lang = || programs.iter().filter(|p| p.lang == lang).map(Program::marks);
            let own = |marks: Vec<marks::Verdict>| marks.iter().any(|m| m.id == id(&page));
            assert!(of_lang().any(own), "{page}: no {lang} program with a mark for the lint");
            assert!(of_lang().any(|marks| marks.is_empty()), "{page}: no {lang} program without marks");
        }
    }
}

/// One code block.
struct Program {
    page: String,
    lang: &'static str,
    /// Lines of the page before its text.
    offset: usize,
    text: String,
}

impl Program {
    fn judge(&self) -> Result<(), String> {
        let name = if self.lang == "python" { "example.py" } else { "example.rs" };
        let outcome = run::check_text(name, &self.text);
        let mut found = marks::found(&outcome, self.offset);
        found.iter_mut().for_each(|v| v.path.clone_from(&self.page));
        let notes = outcome.notes.iter().map(|n| format!("{}:{}: {}\n", self.page, self.offset, n.message)).collect::<String>();
        match marks::agree(self.marks(), found) {
            Ok(()) if notes.is_empty() => Ok(()),
            Ok(()) => Err(notes),
            Err(complaint) => Err(notes + &complaint),
        }
    }

    fn marks(&self) -> Vec<marks::Verdict> {
        marks::marked(&self.page, &self.text, self.offset)
    }
}

fn pages() -> Vec<String> {
    let pages = files_below("lints", &["md"]);
    assert!(!pages.is_empty(), "there are no pages");
    pages
}

/// The id of a page's lint: its file name.
fn id(page: &str) -> &str {
    page.trim_start_matches("lints/").trim_end_matches(".md")
}

/// The blocks of a page that are programs; other blocks have another info string.
fn programs(page: &str) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    let mut inside = None;
    for (i, line) in text(page).lines().enumerate() {
        match (line.strip_prefix("```"), inside) {
            (Some(_), Some(_)) => inside = None,
            (Some(info), None) => {
                let lang = ["python", "rust"].into_iter().find(|lang| *lang == info);
                inside = Some(lang.is_some());
                programs.extend(lang.map(|lang| Program { page: page.to_owned(), lang, offset: i + 1, text: String::new() }));
            }
            (None, Some(true)) => {
                let program = programs.last_mut().expect("a program was opened");
                program.text.push_str(line);
                program.text.push('\n');
            }
            (None, _) => {}
        }
    }
    assert!(inside.is_none(), "{page}: a code block is not closed");
    programs
}
