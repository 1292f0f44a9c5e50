//! The baseline: findings that a project has decided to live with for now, by fingerprint.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finding, Suppressed, SuppressionKind};

/// The version of the file's format.
const VERSION: u32 = 1;

/// A baseline file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    /// Its entries.
    pub findings: Vec<Entry>,
}

/// One accepted finding. Only the fingerprint, `reason` and `expires` count; the rest is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Identity.
    pub fingerprint: String,
    /// Rule.
    pub rule: String,
    /// File, relative to the project.
    pub file: String,
    /// Function.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub function: String,
    /// Message.
    pub message: String,
    /// Why it is accepted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The last day on which it counts: `2030-12-31`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expires: String,
}

/// What a baseline did to the findings of a run.
#[derive(Debug, Default)]
pub struct Applied {
    /// What is not in it.
    pub kept: Vec<Finding>,
    /// What is.
    pub silenced: Vec<Suppressed>,
    /// Entries that match nothing any more.
    pub stale: Vec<Entry>,
    /// Entries whose day is past; they silence nothing.
    pub expired: Vec<Entry>,
}

impl Baseline {
    /// A baseline of these findings. `old` gives the reasons and days of those that were in it before.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = (&'a Finding, &'a str)>, old: Option<&Self>) -> Self {
        let before: BTreeMap<&str, &Entry> = old.into_iter().flat_map(|b| &b.findings).map(|e| (&*e.fingerprint, e)).collect();
        let entry = |(finding, file): (&Finding, &str)| {
            let old = before.get(&*finding.fingerprint);
            Entry {
                fingerprint: finding.fingerprint.clone(),
                rule: finding.rule.id.to_owned(),
                file: file.to_owned(),
                function: finding.function.clone(),
                message: finding.message.clone(),
                reason: old.map(|e| e.reason.clone()).unwrap_or_default(),
                expires: old.map(|e| e.expires.clone()).unwrap_or_default(),
            }
        };
        let mut findings: Vec<Entry> = findings.into_iter().map(entry).collect();
        findings.sort_by(|a, b| (&a.file, &a.rule, &a.function, &a.fingerprint).cmp(&(&b.file, &b.rule, &b.function, &b.fingerprint)));
        Self { version: VERSION, findings }
    }

    /// Reads a baseline file.
    ///
    /// # Errors
    /// Says what does not fit, with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if baseline.version != VERSION {
            return Err(format!("version {} is not known; this is a baseline of another toctou", baseline.version));
        }
        match baseline.findings.iter().find(|e| !e.expires.is_empty() && !is_day(&e.expires)) {
            Some(entry) => Err(format!("`{}` is not a day; write it as 2030-12-31", entry.expires)),
            None => Ok(baseline),
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never in practice: strings and numbers can always be written.
    pub fn to_text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Parts findings into those that are in the baseline and those that are not. `today` is a day like `2030-12-31`.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>, today: &str) -> Applied {
        let mut out = Applied::default();
        let (live, expired): (Vec<&Entry>, Vec<&Entry>) =
            self.findings.iter().partition(|e| e.expires.is_empty() || e.expires.as_str() >= today);
        let mut waiting: BTreeMap<&str, &Entry> = live.into_iter().map(|e| (&*e.fingerprint, e)).collect();
        for finding in findings {
            match waiting.remove(&*finding.fingerprint) {
                Some(entry) => {
                    let reason = if entry.reason.is_empty() { "in the baseline".into() } else { entry.reason.clone() };
                    out.silenced.push(Suppressed { finding, kind: SuppressionKind::Baseline, reason });
                }
                None => out.kept.push(finding),
            }
        }
        out.stale = waiting.into_values().cloned().collect();
        out.expired = expired.into_iter().cloned().collect();
        out
    }
}

/// Whether a text has the shape `2030-12-31`.
fn is_day(text: &str) -> bool {
    let digit = |i: usize, c: char| if i == 4 || i == 7 { c == '-' } else { c.is_ascii_digit() };
    text.len() == 10 && text.chars().enumerate().all(|(i, c)| digit(i, c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::seal;
    use crate::finding::tests::sample;

    fn found() -> Vec<Finding> {
        let mut findings = vec![sample(0, 1, 2), sample(0, 3, 4).in_function("other")];
        seal(&mut findings, |_| "a.py");
        findings
    }

    #[test]
    fn what_is_in_it_is_silenced_and_what_is_gone_is_stale() {
        let findings = found();
        let baseline = Baseline::of(findings.iter().map(|f| (f, "a.py")), None);
        let applied = baseline.apply(findings.clone(), "2026-01-01");
        assert_eq!((applied.kept.len(), applied.silenced.len(), applied.stale.len()), (0, 2, 0));
        let applied = baseline.apply(findings[..1].to_vec(), "2026-01-01");
        assert_eq!((applied.kept.len(), applied.silenced.len(), applied.stale.len()), (0, 1, 1));
    }

    #[test]
    fn days_pass_and_reasons_stay() {
        let findings = found();
        let mut baseline = Baseline::of(findings.iter().map(|f| (f, "a.py")), None);
        baseline.findings[0].expires = "2026-06-30".into();
        baseline.findings[0].reason = "until the rewrite".into();
        let again = Baseline::of(findings.iter().map(|f| (f, "a.py")), Some(&baseline));
        assert_eq!(again, baseline);
        assert_eq!(again.apply(findings.clone(), "2026-06-30").expired.len(), 0);
        let late = again.apply(findings, "2026-07-01");
        assert_eq!((late.kept.len(), late.expired.len()), (1, 1));
    }

    #[test]
    fn files_round_trip_and_bad_ones_say_why() {
        let baseline = Baseline::of(found().iter().map(|f| (f, "a.py")), None);
        let text = baseline.to_text().expect("JSON");
        assert_eq!(Baseline::parse(&text), Ok(baseline));
        assert!(Baseline::parse("{\"version\": 9, \"findings\": []}").expect_err("unknown").contains("version 9"));
        let bad = text.replace("\"message\"", "\"expires\": \"soon\", \"message\"");
        assert!(Baseline::parse(&bad).expect_err("no day").contains("`soon` is not a day"));
    }
}
