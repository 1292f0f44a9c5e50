//! A full disk (T11), directories that cannot be written (T12), and file systems that cannot lock (P15).
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use session_lock::{Error, SessionDir};

use crate::support::{is_root, names, scratch, Agent};

/// Runs `update` of `size` bytes by an agent under `sh -c script`, with `$DIR` set.
fn update_under(script: &str, dir: &std::path::Path, size: usize) -> String {
    let dir = dir.to_str().unwrap();
    let script = format!("DIR={dir}; {script} exec \"$0\" \"$@\"");
    Agent::under(["unshare", "--mount", "sh", "-c", &script]).start(["update", dir, "s", &size.to_string(), "full"]).line()
}

#[test]
fn t11_a_file_size_limit_leaves_the_old_data() {
    let dir = scratch();
    session_lock::session_lock(dir.path(), "s").unwrap().replace(b"old").unwrap();
    let script = "ulimit -f 8; trap '' XFSZ; exec \"$0\" \"$@\"";
    let mut agent = Agent::under(["sh", "-c", script]).start(["update", dir.path().to_str().unwrap(), "s", "100000", "full"]);
    let outcome = agent.line();
    assert!(outcome.starts_with("Io write: "), "{outcome}");
    assert_eq!(fs::read(dir.path().join("s.json")).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["s.json", "s.lock"]);
}

#[test]
fn t11_a_full_disk_leaves_the_old_data() {
    if !is_root("a full file system") {
        return;
    }
    let dir = scratch();
    // What the small file system has after the failure is copied to where this test can see it.
    let script = "mkdir $DIR/small; mount -t tmpfs -o size=64k none $DIR/small; printf old >$DIR/small/s.json; \"$0\" \"$@\"; ls -A $DIR/small | tr '\\n' ' ' >$DIR/names; cat $DIR/small/s.json >$DIR/data; exit;";
    let small = dir.path().join("small");
    let script = format!("DIR={}; {script}", dir.path().display());
    let mut agent =
        Agent::under(["unshare", "--mount", "sh", "-c", &script]).start(["update", small.to_str().unwrap(), "s", "100000", "full"]);
    agent.expect("Io write: StorageFull");
    agent.finish();
    assert_eq!(fs::read_to_string(dir.path().join("names")).unwrap(), "s.json s.lock ");
    assert_eq!(fs::read_to_string(dir.path().join("data")).unwrap(), "old");
}

#[test]
fn t12_a_missing_directory_is_an_error_and_not_created() {
    let dir = scratch();
    let missing = dir.path().join("missing");
    assert_eq!(session_lock::session_lock(&missing, "s").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert!(!missing.exists());
    fs::write(&missing, "").unwrap();
    assert!(SessionDir::open(&missing).is_err(), "a file is no directory");
}

#[test]
fn t12_a_directory_that_is_created_is_private() {
    let dir = scratch();
    let path = dir.path().join("a/b");
    SessionDir::create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
    SessionDir::create(&path).unwrap();
}

#[test]
fn t12_a_read_only_file_system_is_an_error_for_writers() {
    if !is_root("a read-only file system") {
        return;
    }
    let dir = scratch();
    fs::write(dir.path().join("s.lock"), "").unwrap();
    assert_eq!(
        update_under("mount --bind $DIR $DIR; mount -o remount,ro,bind $DIR;", dir.path(), 1),
        "Io open lock file: ReadOnlyFilesystem"
    );
    let script = format!("DIR={0}; mount --bind $DIR $DIR; mount -o remount,ro,bind $DIR; exec \"$0\" \"$@\"", dir.path().display());
    Agent::under(["unshare", "--mount", "sh", "-c", &script]).start(["lock-shared", dir.path().to_str().unwrap(), "s"]).expect("ok");
}

#[test]
fn t12_a_directory_without_write_permission_is_an_error() {
    let dir = scratch();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let words = ["lock", dir.path().to_str().unwrap(), "s"];
    let mut agent = if rustix::process::geteuid().is_root() {
        Agent::under(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]).start(words)
    } else {
        Agent::plain().start(words)
    };
    agent.expect("Io open lock file: PermissionDenied");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Locks under `strace`, which makes a call fail.
fn lock_with_fault(fault: &str) -> String {
    let dir = scratch();
    let log = dir.path().join("strace").to_str().unwrap().to_owned();
    let agent = Agent::under(["strace", "-f", "-o", &log, "-e", "trace=flock,fstatfs", "-e", fault]);
    agent.start(["lock", dir.path().to_str().unwrap(), "s"]).line()
}

#[test]
fn p15_a_file_system_that_cannot_lock_is_never_pretended_to() {
    for errno in ["ENOSYS", "ENOLCK", "EOPNOTSUPP"] {
        assert_eq!(lock_with_fault(&format!("inject=flock:error={errno}")), "Unsupported", "{errno}");
    }
    assert_eq!(lock_with_fault("inject=flock:error=EIO:when=1"), "Io lock: Uncategorized");
}

#[test]
fn p15_nfs_is_refused_unless_allowed() {
    // The first field of the answer becomes NFS's number, 0x6969.
    assert_eq!(lock_with_fault("inject=fstatfs:poke_exit=@arg2=6969000000000000"), "Unsupported");
}

#[test]
fn errors_say_what_is_wrong_with_which_file() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let error = sessions.lock("../x").unwrap_err();
    assert_eq!(error.to_string(), "\"../x\" cannot name a session: it has a character other than A-Z, a-z, 0-9, '.', '_' and '-'");
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::InvalidInput);
    assert!(matches!(SessionDir::options().data_ext("lock").open(dir.path()), Err(Error::InvalidId { .. })));
    let _guard = sessions.lock("s").unwrap();
    let error = std::thread::scope(|scope| scope.spawn(|| sessions.try_lock("s").unwrap_err()).join().unwrap());
    assert!(error.to_string().contains("s.lock is held by somebody else"), "{error}");
}

#[test]
fn new_files_are_private_and_replaced_ones_keep_their_permissions() {
    let dir = scratch();
    let mut session = session_lock::session_lock(dir.path(), "s").unwrap();
    session.replace(b"1").unwrap();
    for path in [session.lock_path(), session.data_path()] {
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
    }
    fs::set_permissions(session.data_path(), fs::Permissions::from_mode(0o640)).unwrap();
    if is_root("the owner of a replaced file") {
        std::os::unix::fs::chown(session.data_path(), Some(65534), Some(65534)).unwrap();
    }
    let before = fs::metadata(session.data_path()).unwrap();
    session.replace(b"2").unwrap();
    let after = fs::metadata(session.data_path()).unwrap();
    assert_ne!(before.ino(), after.ino());
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
}
