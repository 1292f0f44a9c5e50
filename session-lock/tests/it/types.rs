//! What the compiler knows about the guards (T20). What must not compile is in the documentation of the guards, as examples that
//! fail to.

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
