//! A model's small language as words with their places.

use toml::Spanned;

use super::Fault;
use crate::source::Span;

/// One word of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    /// The word; without its quotes when it is quoted.
    pub(super) text: &'a str,
    /// `'like this'`.
    pub(super) quoted: bool,
    /// Where it stands in the file.
    pub(super) span: Span,
}

/// The words of a text, taken one after the other.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    whole: Span,
}

impl<'a> Words<'a> {
    /// Splits a TOML string into words. A word's place is exact where the string has no escapes; else it is the whole string's.
    pub(super) fn of(text: &'a Spanned<String>) -> Result<Self, Fault> {
        let range = text.span();
        let whole = Span::new(range.start, range.end);
        let text = text.as_ref().as_str();
        let exact = range.len() == text.len() + 2;
        let place = |start: usize, end: usize| if exact { Span::new(range.start + 1 + start, range.start + 1 + end) } else { whole };
        let mut words = Vec::new();
        let mut at = 0;
        while let Some(skipped) = text[at..].find(|c: char| !c.is_whitespace()) {
            let start = at + skipped;
            if text[start..].starts_with('\'') {
                let Some(len) = text[start + 1..].find('\'') else {
                    return Err(Fault::new(place(start, text.len()), "this quote is not closed"));
                };
                at = start + len + 2;
                words.push(Word { text: &text[start + 1..at - 1], quoted: true, span: place(start, at) });
            } else if text[start..].starts_with(';') {
                at = start + 1;
                words.push(Word { text: ";", quoted: false, span: place(start, at) });
            } else {
                at = text[start..].find(|c: char| c.is_whitespace() || c == ';').map_or(text.len(), |n| start + n);
                words.push(Word { text: &text[start..at], quoted: false, span: place(start, at) });
            }
        }
        Ok(Self { words, next: 0, whole })
    }

    /// The next word, left where it is.
    pub(super) fn peek(&self) -> Option<Word<'a>> {
        self.words.get(self.next).copied()
    }

    /// The next word.
    pub(super) fn take(&mut self) -> Option<Word<'a>> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    /// The next word, which must be there.
    pub(super) fn need(&mut self, what: &str) -> Result<Word<'a>, Fault> {
        self.take().ok_or_else(|| Fault::new(self.whole, format!("{what} is missing")))
    }

    /// Takes the next word if it is this keyword.
    pub(super) fn eat(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|w| !w.quoted && w.text == keyword);
        self.next += usize::from(found);
        found
    }

    /// The place of the whole text.
    pub(super) fn whole(&self) -> Span {
        self.whole
    }

    /// All words, taken or not.
    pub(super) fn all(&self) -> &[Word<'a>] {
        &self.words
    }

    /// Nothing may follow but these keywords, which would have stood here.
    pub(super) fn finish(&self, could_follow: &[&str]) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(w) if could_follow.is_empty() || could_follow.contains(&w.text) => {
                Err(Fault::new(w.span, format!("`{}` may not stand here", w.text)))
            }
            Some(w) => Err(Fault::unknown("word", w.text, w.span, could_follow)),
        }
    }
}
