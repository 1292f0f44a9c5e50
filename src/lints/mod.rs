//! The registry of lints. A lint is a predicate over what the engine found out, and the words for it; it never walks code.

pub mod in_place_rewrite;
pub mod in_process_lock_only;
pub mod lock_dropped_at_once;
pub mod lock_failure_ignored;
pub mod lock_file_deleted;
pub mod lock_on_replaced_file;
pub mod lock_too_narrow;
pub mod shared_lock_for_update;
pub mod stale_snapshot_write;
mod story;
pub mod truncate_before_lock;
pub mod unlocked_read_modify_write;

use crate::engine::Analysis;
use crate::finding::{Finding, Rule};

/// A lint.
pub struct Lint {
    /// What people see of it.
    pub rule: &'static Rule,
    /// Adds what it finds.
    pub check: fn(&Analysis<'_>, &mut Vec<Finding>),
}

/// All lints, in the order in which they are listed.
pub static LINTS: &[Lint] = &[
    Lint { rule: &unlocked_read_modify_write::RULE, check: unlocked_read_modify_write::check },
    Lint { rule: &lock_too_narrow::RULE, check: lock_too_narrow::check },
    Lint { rule: &shared_lock_for_update::RULE, check: shared_lock_for_update::check },
    Lint { rule: &in_process_lock_only::RULE, check: in_process_lock_only::check },
    Lint { rule: &lock_dropped_at_once::RULE, check: lock_dropped_at_once::check },
    Lint { rule: &lock_on_replaced_file::RULE, check: lock_on_replaced_file::check },
    Lint { rule: &truncate_before_lock::RULE, check: truncate_before_lock::check },
    Lint { rule: &lock_file_deleted::RULE, check: lock_file_deleted::check },
    Lint { rule: &lock_failure_ignored::RULE, check: lock_failure_ignored::check },
    Lint { rule: &stale_snapshot_write::RULE, check: stale_snapshot_write::check },
    Lint { rule: &in_place_rewrite::RULE, check: in_place_rewrite::check },
];
