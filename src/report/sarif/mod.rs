//! `sarif`: SARIF 2.1.0. The interleaving is a code flow with one thread flow per process, whose `executionOrder` runs across both.

mod rules;
mod wire;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::json;

use super::{Provenance, Report};
use crate::finding::{Edit, Finding, Fix, Label, Process, SuppressionKind};
use crate::source::{FileId, Lang, Note, Site, Span};
use wire::{
    Artifact, ArtifactChange, ArtifactLocation, Base, CodeFlow, FlowLocation, Invocation, Location, Log, LogicalLocation, Message,
    Notification, PhysicalLocation, Region, Replacement, Run, SarifResult, Suppression, Text, ThreadFlow, UriBase, VersionControl,
};

/// What relative addresses are relative to; a reader that knows the project resolves it.
const ROOT: &str = "SRCROOT";
/// A longer snippet says less.
const MAX_SNIPPET: usize = 400;
/// Larger files are not embedded.
const MAX_CONTENTS: usize = 100_000;

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let builder = Builder { report, artifacts: artifacts(report) };
    let log = Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [builder.run()] };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// The files with findings, numbered.
fn artifacts(report: &Report<'_>) -> BTreeMap<FileId, usize> {
    let findings = report.findings.iter().chain(report.suppressed.iter().map(|s| &s.finding));
    let mut ids: Vec<_> =
        findings.flat_map(|f| f.sites().map(|l| l.site.file).chain(f.interleaving.iter().filter_map(|s| Some(s.site?.file)))).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().enumerate().map(|(n, id)| (id, n)).collect()
}

struct Builder<'a> {
    report: &'a Report<'a>,
    artifacts: BTreeMap<FileId, usize>,
}

impl Builder<'_> {
    fn run(&self) -> Run {
        let root = UriBase { description: Text::plain("The directory in which the check was run.") };
        let silenced = self.report.suppressed.iter().map(|s| {
            let kind = match s.kind {
                SuppressionKind::Comment => "inSource",
                SuppressionKind::Baseline => "external",
            };
            SarifResult { suppressions: vec![Suppression { kind, justification: s.reason.clone() }], ..self.result(&s.finding) }
        });
        Run {
            tool: rules::tool(self.report.rules),
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: self.report.notes.iter().map(|n| self.notification(n)).collect(),
            }],
            version_control_provenance: self.report.provenance.map(version_control).into_iter().collect(),
            original_uri_base_ids: [(ROOT, root)].into(),
            taxonomies: vec![rules::weaknesses(self.report.rules)],
            column_kind: "unicodeCodePoints",
            artifacts: self.artifacts.keys().map(|id| self.artifact(*id)).collect(),
            results: self.report.findings.iter().map(|f| self.result(f)).chain(silenced).collect(),
        }
    }

    fn artifact(&self, id: FileId) -> Artifact {
        let source_language = match self.report.files.get(id).lang {
            Lang::Python => "python",
            Lang::Rust => "rust",
        };
        let text = self.report.files.get(id).text();
        let contents = (text.len() <= MAX_CONTENTS).then(|| Text::plain(text));
        Artifact { location: ArtifactLocation { index: None, ..self.address(id) }, source_language, contents }
    }

    fn result(&self, finding: &Finding) -> SarifResult {
        let mut location = self.location(finding.primary.site, None);
        if !finding.function.is_empty() {
            location.logical_locations.push(LogicalLocation { fully_qualified_name: finding.function.clone(), kind: "function" });
        }
        SarifResult {
            rule_id: finding.rule.id,
            rule_index: self.report.rules.iter().position(|r| r.id == finding.rule.id),
            level: finding.level.as_str(),
            message: Message {
                text: sentence(&finding.message),
                id: "default",
                arguments: vec![finding.resource.clone(), finding.function.clone()],
            },
            locations: [location],
            related_locations: finding.sites().enumerate().map(|(i, label)| self.related(i, label)).collect(),
            code_flows: self.code_flow(finding).into_iter().collect(),
            partial_fingerprints: [("toctouFingerprint/v1", finding.fingerprint.clone())].into(),
            suppressions: Vec::new(),
            fixes: finding.fix.iter().map(|f| self.fix(f)).collect(),
            properties: json!({ "confidence": finding.confidence.as_str(), "resource": finding.resource, "help": finding.help }),
        }
    }

    fn fix(&self, fix: &Fix) -> wire::Fix {
        let replacement = |edit: &Edit| Replacement {
            deleted_region: Region { snippet: None, ..self.region(edit.site) },
            inserted_content: Text::plain(&edit.text),
        };
        let change = |edits: &[Edit]| ArtifactChange {
            artifact_location: self.address(edits[0].site.file),
            replacements: edits.iter().map(replacement).collect(),
        };
        wire::Fix {
            description: Text::plain(sentence(&fix.title)),
            artifact_changes: fix.edits.chunk_by(|a, b| a.site.file == b.site.file).map(change).collect(),
        }
    }

    fn related(&self, id: usize, label: &Label) -> Location {
        Location { id: Some(id), ..self.location(label.site, Some(&label.message)) }
    }

    /// The interleaving; a step without a place of its own stands at the primary one.
    fn code_flow(&self, finding: &Finding) -> Option<CodeFlow> {
        let flow = |process, id: &'static str, who: &str| ThreadFlow {
            id,
            message: Text::plain(format!("Process {id}, {who}.")),
            locations: finding
                .interleaving
                .iter()
                .enumerate()
                .filter(|(_, step)| step.process == process)
                .map(|(order, step)| FlowLocation {
                    location: self.location(step.site.unwrap_or(finding.primary.site), Some(&squeezed(&step.what, &step.outcome))),
                    execution_order: order + 1,
                    importance: "essential",
                })
                .collect(),
        };
        let mut thread_flows = vec![flow(Process::A, "A", "whose view is stale"), flow(Process::B, "B", "which runs in between")];
        thread_flows.retain(|f| !f.locations.is_empty());
        let message = Text::plain("How two processes lose data here, in the order of their steps.");
        (!thread_flows.is_empty()).then_some(CodeFlow { message, thread_flows })
    }

    fn location(&self, site: Site, message: Option<&str>) -> Location {
        let physical_location = PhysicalLocation {
            artifact_location: self.address(site.file),
            region: Some(self.region(site)),
            context_region: message.is_none().then(|| self.context(site)).flatten(),
        };
        Location { id: None, physical_location, logical_locations: Vec::new(), message: message.map(|m| Text::plain(sentence(m))) }
    }

    fn address(&self, id: FileId) -> ArtifactLocation {
        let path = self.report.files.path(id);
        let relative = !path.starts_with('/');
        let uri = if relative { encoded(path) } else { format!("file://{}", encoded(path)) };
        ArtifactLocation { uri, uri_base_id: relative.then_some(ROOT), index: self.artifacts.get(&id).copied() }
    }

    fn region(&self, site: Site) -> Region {
        let file = self.report.files.get(site.file);
        let (start, end) = file.positions(site.span);
        let text = &file.text()[file.range(site.span)];
        let snippet = Some(Text::plain(&text[..text.floor_char_boundary(MAX_SNIPPET)]));
        Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column, snippet }
    }

    /// The lines around a place, which readers show instead of the bare expression; of overlong lines only some characters.
    /// The standard wants it larger than the region.
    fn context(&self, site: Site) -> Option<Region> {
        let file = self.report.files.get(site.file);
        let (text, lines, range) = (file.text(), file.lines(), file.range(site.span));
        let (start, end) = file.positions(site.span);
        let first = lines.line_range(text, start.line.saturating_sub(2).max(1))?.start;
        let last = (end.line..=end.line + 2).rev().find_map(|n| lines.line_range(text, n))?.end;
        let first = text.ceil_char_boundary(first.max(range.start.saturating_sub(MAX_SNIPPET)));
        let last = text.floor_char_boundary(last.min(range.end + MAX_SNIPPET));
        let around = Site { span: Span::new(first, last), ..site };
        (range.len() < last - first).then(|| Region { snippet: Some(Text::plain(&text[first..last])), ..self.region(around) })
    }

    fn notification(&self, note: &Note) -> Notification {
        let place = note.site.map(|site| self.location(site, None)).or_else(|| {
            let artifact_location = ArtifactLocation { uri: encoded(&note.path), uri_base_id: Some(ROOT), index: None };
            let physical_location = PhysicalLocation { artifact_location, region: None, context_region: None };
            (!note.path.is_empty()).then_some(Location { id: None, physical_location, logical_locations: Vec::new(), message: None })
        });
        Notification { level: "note", message: Text::plain(sentence(&note.message)), locations: place.into_iter().collect() }
    }
}

/// Which revision of which repository was checked.
fn version_control(provenance: &Provenance) -> VersionControl {
    VersionControl {
        repository_uri: provenance.repository.clone(),
        revision_id: provenance.revision.clone(),
        branch: provenance.branch.clone(),
        mapped_to: provenance.at_top.then_some(Base { uri_base_id: ROOT }),
    }
}

/// A step in running text: the blanks that align columns are squeezed.
fn squeezed(what: &str, outcome: &str) -> String {
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    if outcome.is_empty() { what } else { format!("{what} ({outcome})") }
}

/// SARIF wants sentences: a capital letter, straight quotes around code, a full stop.
fn sentence(text: &str) -> String {
    let text = text.replace('`', "'");
    let mut chars = text.chars();
    let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if capital.ends_with(['.', '!', '?']) { capital } else { capital + "." }
}

/// A path as the path of a URI.
fn encoded(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
