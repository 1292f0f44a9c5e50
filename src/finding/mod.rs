//! What is told to people: rules, findings, labels, steps of an interleaving, fingerprints. Knows no analysis and no format.

mod baseline;
mod changes;
mod fingerprint;
mod fix;
mod rule;
mod suppressed;
pub mod suppression;

pub use baseline::{Applied, Baseline, Entry};
pub use changes::Changes;
pub use fingerprint::seal;
pub use fix::{Edit, Fix};
pub use rule::{Level, Rule, find_rule};
pub use suppressed::{Suppressed, SuppressionKind};

use crate::source::Site;

/// How sure a finding is, the least sure first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The shape is there; whether it can race depends on what was not seen.
    Low,
    /// A race if two of these run at once, and nothing speaks against that.
    Medium,
    /// A race, with evidence that two of these run at once.
    High,
}

impl Confidence {
    /// All of them, the least sure first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What happens at a labelled place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The file is read.
    Read,
    /// What was read is changed in memory.
    Change,
    /// The file is written.
    Write,
    /// A lock is taken.
    Lock,
    /// A lock is let go.
    Release,
    /// A call on the way between two of the others.
    Call,
    /// The state of the file is tested.
    Check,
    /// The act that the test decided.
    Act,
    /// Anything else worth seeing.
    Other,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Write => "write",
            Self::Lock => "lock",
            Self::Release => "release",
            Self::Call => "call",
            Self::Check => "check",
            Self::Act => "act",
            Self::Other => "other",
        }
    }
}

/// A place and what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Where.
    pub site: Site,
    /// What happens there.
    pub role: Role,
    /// Lower case, no full stop, code in backticks.
    pub message: String,
}

impl Label {
    /// A label.
    #[must_use]
    pub fn new(role: Role, site: Site, message: impl Into<String>) -> Self {
        Self { site, role, message: message.into() }
    }
}

/// One of the two processes of an interleaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Process {
    /// The one that loses, or that does the harm.
    A,
    /// The other one.
    B,
}

/// One line of an interleaving.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// Who.
    pub process: Process,
    /// What it does: `read   sessions/{id}.json`.
    pub what: String,
    /// What follows from it, shown behind it: `B's change is lost`. Empty for most.
    pub outcome: String,
    /// Where in the source.
    pub site: Option<Site>,
}

/// One race.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How bad; the rule's own level unless the configuration says otherwise.
    pub level: Level,
    /// How sure.
    pub confidence: Confidence,
    /// One line: lower case, no full stop, code in backticks.
    pub message: String,
    /// The enclosing function, qualified: `Store.add`.
    pub function: String,
    /// The file that is raced for, as people would write it: `sessions/{session_id}.json`.
    pub resource: String,
    /// The place to look at first: the write, or the act.
    pub primary: Label,
    /// All other places, in the order in which the story is told.
    pub labels: Vec<Label>,
    /// The remedy in one line; empty if there is none.
    pub help: String,
    /// A change that repairs it, if there is one that needs no thought.
    pub fix: Option<Fix>,
    /// How two processes lose data here.
    pub interleaving: Vec<Step>,
    /// Stable under edits elsewhere; empty until [`seal`] sets it.
    pub fingerprint: String,
}

impl Finding {
    /// A finding of `rule` at `primary`. The rest is added by the methods below.
    #[must_use]
    pub fn new(rule: &'static Rule, confidence: Confidence, message: impl Into<String>, primary: Label) -> Self {
        Self {
            rule,
            level: rule.level,
            confidence,
            message: message.into(),
            function: String::new(),
            resource: String::new(),
            primary,
            labels: Vec::new(),
            help: String::new(),
            fix: None,
            interleaving: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// Names the enclosing function.
    #[must_use]
    pub fn in_function(mut self, function: impl Into<String>) -> Self {
        self.function = function.into();
        self
    }

    /// Names the file that is raced for.
    #[must_use]
    pub fn on(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Adds a place.
    #[must_use]
    pub fn label(mut self, role: Role, site: Site, message: impl Into<String>) -> Self {
        self.labels.push(Label::new(role, site, message));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Gives a change that repairs it: one replacement.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, site: Site, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { site, text: text.into() }] });
        self
    }

    /// Adds a line to the interleaving.
    #[must_use]
    pub fn step(mut self, process: Process, what: impl Into<String>, site: impl Into<Option<Site>>) -> Self {
        self.interleaving.push(Step { process, what: what.into(), outcome: String::new(), site: site.into() });
        self
    }

    /// Says what follows from the last step.
    #[must_use]
    pub fn outcome(mut self, outcome: impl Into<String>) -> Self {
        if let Some(step) = self.interleaving.last_mut() {
            step.outcome = outcome.into();
        }
        self
    }

    /// All places: the primary one, then the others as told.
    pub fn sites(&self) -> impl Iterator<Item = &Label> {
        std::iter::once(&self.primary).chain(&self.labels)
    }

    /// What the order of findings goes by: the place first, then everything else that tells two findings apart.
    fn key(&self) -> impl Ord + '_ {
        let place = (self.primary.site, self.rule.id, &self.function, &self.resource);
        (place, (&self.message, self.level, self.confidence), (&self.labels, &self.help, &self.interleaving))
    }
}

impl PartialEq for Finding {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Finding {}
impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Finding {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
pub(crate) mod tests;
