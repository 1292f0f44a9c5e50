//! What the command line accepts.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{ConfidenceName, LevelName};

/// Finds time-of-check/time-of-use races on files, above all read-modify-write cycles that no lock surrounds, in Python and Rust.
///
/// Exit status: 0 clean, 1 findings, 2 the job could not be done.
#[derive(Debug, Parser)]
#[command(name = "toctou", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check files and directories for races
    Check(CheckArgs),
    /// Show the page of a rule
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Show what each function of a file does to files and locks, as the analysis sees it
    Effects(EffectsArgs),
    /// Show, describe or start the configuration
    Config(ConfigArgs),
    /// Keep a list of findings that are accepted for now
    Baseline(BaselineArgs),
    /// Write suppression comments above findings
    Suppress(SuppressArgs),
    /// Write the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page
    Man,
    /// Show what toctou finds here: version, configuration, files, git, terminal
    Doctor(PathArgs),
}

/// Where the configuration comes from.
#[derive(Debug, Default, Args)]
pub struct ConfigSource {
    /// Read this configuration file, or set one key: `--config toctou.toml`, `--config pedantic=true`
    #[arg(long, value_name = "FILE|KEY=VALUE", help_heading = "Configuration")]
    pub config: Vec<String>,
    /// Read no configuration file
    #[arg(long, help_heading = "Configuration")]
    pub isolated: bool,
}

/// `toctou check`.
#[derive(Debug, Default, Args)]
pub struct CheckArgs {
    /// Files and directories to check, or `-` for standard input [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// The name that standard input goes by, which also tells its language
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<String>,

    /// How findings are written, and optionally to which file: `--output-format sarif=out.sarif`; may be given several times [default: full]
    #[arg(long, short, value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub output_format: Vec<String>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: ColorWhen,
    /// Write nothing but findings: no notes, no summary when there is nothing to report
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
    /// Write findings per rule, the time per stage and the bounds that were reached to standard error
    #[arg(long, help_heading = "Output")]
    pub statistics: bool,

    /// Write silenced findings into SARIF too, marked as suppressed
    #[arg(long, help_heading = "Output")]
    pub sarif_suppressed: bool,
    /// Check again whenever a file changes
    #[arg(long, conflicts_with = "stdin_filename", help_heading = "Output")]
    pub watch: bool,

    /// Report only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Selection")]
    pub select: Vec<String>,
    /// Do not report these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Selection")]
    pub ignore: Vec<String>,
    /// Report notes, rules that are off by default and findings of low confidence too
    #[arg(long, help_heading = "Selection")]
    pub pedantic: bool,
    /// Report nothing less sure than this [default: medium, and low with --pedantic]
    #[arg(long, value_name = "CONFIDENCE", value_parser = words(["low", "medium", "high"]).try_map(|w| word::<ConfidenceName>(&w)), help_heading = "Selection")]
    pub min_confidence: Option<ConfidenceName>,
    /// Report also in tests, examples, benches, build scripts, vendored and generated code
    #[arg(long, help_heading = "Selection")]
    pub report_all: bool,
    /// Check the whole project, but report only findings that have a place in one of PATHS, as hooks want it
    #[arg(long, requires = "paths", help_heading = "Selection")]
    pub report_only: bool,

    /// Report only findings with a place on a line that is new since this revision, or `merge-base:REV`, `staged`, `patch:FILE`
    #[arg(long, value_name = "REV", help_heading = "Selection")]
    pub new_from: Option<String>,
    /// Do not report findings that are in this baseline [default: toctou-baseline.json beside the configuration, if it is there]
    #[arg(long, value_name = "FILE", help_heading = "Selection")]
    pub baseline: Option<PathBuf>,
    /// Use no baseline
    #[arg(long, conflicts_with = "baseline", help_heading = "Selection")]
    pub no_baseline: bool,

    /// Check nothing that matches this pattern; may be given several times
    #[arg(long, value_name = "GLOB", help_heading = "Files")]
    pub exclude: Vec<String>,
    /// Apply the exclusions also to files that are named
    #[arg(long, help_heading = "Files")]
    pub force_exclude: bool,
    /// Check also what .gitignore leaves out
    #[arg(long, help_heading = "Files")]
    pub no_respect_gitignore: bool,

    /// The mildest level of a finding that makes the exit status 1 [default: note]
    #[arg(long, value_name = "LEVEL", value_parser = words(["note", "warning", "error"]).try_map(|w| word::<LevelName>(&w)), help_heading = "Exit status")]
    pub fail_on: Option<LevelName>,
    /// Exit with 0 even if there are findings
    #[arg(long, help_heading = "Exit status")]
    pub exit_zero: bool,

    /// Threads [default: one per processor]
    #[arg(long, short, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u16).range(..=512))]
    pub jobs: u16,

    /// Configuration.
    #[command(flatten)]
    pub source: ConfigSource,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `toctou explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The rule
    #[arg(required_unless_present = "all")]
    pub rule: Option<String>,
    /// Show the pages of all rules
    #[arg(long, conflicts_with = "rule")]
    pub all: bool,
}

/// `toctou rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// How to write the list
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    pub output_format: ListFormat,
}

/// How to write a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Columns
    Text,
    /// One JSON array
    Json,
    /// A table in Markdown
    Markdown,
}

/// `toctou effects`.
#[derive(Debug, Args)]
pub struct EffectsArgs {
    /// The files to show; what they call is looked up in the files that are given along with them
    #[arg(required = true, value_name = "FILE")]
    pub paths: Vec<PathBuf>,
    /// Configuration.
    #[command(flatten)]
    pub source: ConfigSource,
}

/// Paths and where the configuration comes from.
#[derive(Debug, Default, Args)]
pub struct PathArgs {
    /// Files and directories [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// Configuration.
    #[command(flatten)]
    pub source: ConfigSource,
}

/// `toctou baseline`.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub action: BaselineAction,
    /// The baseline file [default: toctou-baseline.json beside the configuration]
    #[arg(long, value_name = "FILE", global = true)]
    pub file: Option<PathBuf>,
}

/// What to do with the baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineAction {
    /// Accept all findings of today in a new baseline
    Create(PathArgs),
    /// Accept all findings of today, keep the reasons of those that were accepted before, drop what is gone
    Update(PathArgs),
    /// Drop what is gone; accept nothing new
    Prune(PathArgs),
    /// Show the entries
    Show(PathArgs),
}

/// `toctou suppress`.
#[derive(Debug, Args)]
pub struct SuppressArgs {
    /// Why these races cannot happen or do no harm
    #[arg(long)]
    pub reason: String,
    /// Only findings of these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Only the finding with this fingerprint (or its beginning)
    #[arg(long, value_name = "ID")]
    pub fingerprint: Option<String>,
    /// Show what would be written and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Paths.
    #[command(flatten)]
    pub paths: PathArgs,
}

/// `toctou config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Show each value and where it comes from
    Show(ConfigSource),
    /// Write the JSON schema of toctou.toml
    Schema,
    /// Write a toctou.toml to start with
    Init,
}

/// The words that a value may be; the help lists them.
fn words<const N: usize>(words: [&'static str; N]) -> PossibleValuesParser {
    PossibleValuesParser::new(words)
}

/// Reads a word as the configuration does.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(text.into())
}
