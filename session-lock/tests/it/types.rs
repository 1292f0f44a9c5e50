//! What the compiler holds against misuse (T20).

#[test]
fn t20_misuse_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}

#[test]
fn t20_guards_are_shareable_where_they_should_be() {
    fn sync<T: Sync>() {}
    fn send<T: Send>() {}
    sync::<session_lock::SessionLock>();
    sync::<session_lock::SharedSessionLock>();
    sync::<session_lock::OwnedSessionLock>();
    send::<session_lock::OwnedSessionLock>();
    send::<session_lock::SessionDir>();
    sync::<session_lock::SessionDir>();
    send::<session_lock::Error>();
    sync::<session_lock::Error>();
}
