//! The list of `models/python/`; a test compares it with the folder.

/// File names and texts, sorted by name.
pub(super) const FILES: &[(&str, &str)] = &[
    ("models/python/appdirs.toml", include_str!("../../models/python/appdirs.toml")),
    ("models/python/asyncio.toml", include_str!("../../models/python/asyncio.toml")),
    ("models/python/builtins.toml", include_str!("../../models/python/builtins.toml")),
    ("models/python/config_files.toml", include_str!("../../models/python/config_files.toml")),
    ("models/python/csv_xml.toml", include_str!("../../models/python/csv_xml.toml")),
    ("models/python/fcntl.toml", include_str!("../../models/python/fcntl.toml")),
    ("models/python/filelock.toml", include_str!("../../models/python/filelock.toml")),
    ("models/python/files.toml", include_str!("../../models/python/files.toml")),
    ("models/python/frames.toml", include_str!("../../models/python/frames.toml")),
    ("models/python/io.toml", include_str!("../../models/python/io.toml")),
    ("models/python/json.toml", include_str!("../../models/python/json.toml")),
    ("models/python/locks.toml", include_str!("../../models/python/locks.toml")),
    ("models/python/os.toml", include_str!("../../models/python/os.toml")),
    ("models/python/pathlib.toml", include_str!("../../models/python/pathlib.toml")),
    ("models/python/pickle.toml", include_str!("../../models/python/pickle.toml")),
    ("models/python/portalocker.toml", include_str!("../../models/python/portalocker.toml")),
    ("models/python/session_lock.toml", include_str!("../../models/python/session_lock.toml")),
    ("models/python/shutil.toml", include_str!("../../models/python/shutil.toml")),
    ("models/python/stdlib.toml", include_str!("../../models/python/stdlib.toml")),
    ("models/python/tempfile.toml", include_str!("../../models/python/tempfile.toml")),
    ("models/python/threading.toml", include_str!("../../models/python/threading.toml")),
];
