//! An interleaving as a drawing: two lanes, time running down, one box per step.

use std::io::{self, Write};

use super::super::escape::escaped;
use super::super::interleaving;
use crate::finding::{Finding, Process, Step};

/// Width of the drawing; small, so that it stays readable when a phone scales it down.
const WIDTH: usize = 400;
const LANE: usize = WIDTH / 2;
const BOX: usize = LANE - 20;
/// Characters of the monospaced font that fit into a box.
const FITS: usize = 21;
const LINE: usize = 17;
const GAP: usize = 12;
const HEAD: usize = 30;

/// Writes the drawing; nothing for an empty interleaving.
pub(super) fn write(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let steps = &finding.interleaving;
    if steps.is_empty() {
        return Ok(());
    }
    let boxes: Vec<_> = steps.iter().map(|s| (s, wrapped(s))).collect();
    let height: usize = HEAD + boxes.iter().map(|(_, lines)| lines.len() * LINE + 12 + GAP).sum::<usize>();
    let words = escaped(&interleaving::lines(steps).join("; "));
    writeln!(out, "<figure class=\"interleaving\">\n<figcaption>How data is lost</figcaption>")?;
    writeln!(out, "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{words}\">")?;
    for (process, x) in [("A", LANE / 2), ("B", LANE + LANE / 2)] {
        writeln!(out, "<text class=\"head\" x=\"{x}\" y=\"16\">process {process}</text>")?;
        writeln!(out, "<line class=\"life\" x1=\"{x}\" y1=\"24\" x2=\"{x}\" y2=\"{height}\"/>")?;
    }
    let mut y = HEAD;
    for (step, lines) in &boxes {
        step_box(step, lines, y, out)?;
        y += lines.len() * LINE + 12 + GAP;
    }
    writeln!(out, "</svg>\n</figure>")
}

fn step_box(step: &Step, lines: &[(String, bool)], y: usize, out: &mut dyn Write) -> io::Result<()> {
    let left = match step.process {
        Process::A => 10,
        Process::B => LANE + 10,
    };
    let class = if step.outcome.is_empty() { "step" } else { "step harm" };
    let height = lines.len() * LINE + 12;
    writeln!(out, "<g class=\"{class}\"><rect x=\"{left}\" y=\"{y}\" width=\"{BOX}\" height=\"{height}\" rx=\"6\"/>")?;
    for (i, (line, is_outcome)) in lines.iter().enumerate() {
        let class = if *is_outcome { " class=\"outcome\"" } else { "" };
        writeln!(out, "<text{class} x=\"{}\" y=\"{}\">{}</text>", left + 10, y + 18 + i * LINE, escaped(line))?;
    }
    writeln!(out, "</g>")
}

/// The lines of a step's box; those that tell the outcome are marked.
fn wrapped(step: &Step) -> Vec<(String, bool)> {
    let what = wrap(&interleaving::shortened(&step.what)).into_iter().map(|l| (l, false));
    what.chain(wrap(&step.outcome).into_iter().map(|l| (l, true))).collect()
}

/// Breaks a text at blanks, and inside words that are too long.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let chars: Vec<char> = word.chars().collect();
        for (i, piece) in chars.chunks(FITS).enumerate() {
            let piece: String = piece.iter().collect();
            match lines.last_mut() {
                Some(line) if i == 0 && line.chars().count() + 1 + piece.chars().count() <= FITS => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}
