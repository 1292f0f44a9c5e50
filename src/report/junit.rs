//! `junit`: one test case per finding, for CI systems that show test results. A run without findings is one case that passes.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as JUnit, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::{Report, full};

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut junit = JUnit::new("toctou");
    for same_file in report.findings.chunk_by(|a, b| a.primary.site.file == b.primary.site.file) {
        let path = report.files.path(same_file[0].primary.site.file);
        let mut suite = TestSuite::new(path);
        for finding in same_file {
            let (start, _) = report.files.positions(finding.primary.site);
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(finding.level.as_str()).set_message(&*finding.message).set_description(full::plain(report, finding)?);
            let mut case = TestCase::new(format!("{} {}:{}", finding.rule.id, start.line, start.column), status);
            case.set_classname(path);
            case.extra.insert(XmlString::new("file"), XmlString::new(path));
            case.extra.insert(XmlString::new("line"), XmlString::new(start.line.to_string()));
            suite.add_test_case(case);
        }
        junit.add_test_suite(suite);
    }
    if report.findings.is_empty() {
        let mut suite = TestSuite::new("toctou");
        suite.add_test_case(TestCase::new("no findings", TestCaseStatus::success()));
        junit.add_test_suite(suite);
    }
    junit.serialize(&mut *out).map_err(io::Error::other)
}
