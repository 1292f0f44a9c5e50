//! What is told to people: rules, findings, labels. Knows no analysis and no format.
