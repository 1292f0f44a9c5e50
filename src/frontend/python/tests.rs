//! Small programs and the IR that they become.
