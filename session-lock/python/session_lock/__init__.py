"""One exclusive lock per session, the same lock for Python, Rust and shell programs; see `session_lock._session_lock`."""

from ._session_lock import *  # noqa: F403
from ._session_lock import __all__  # noqa: F401

__version__ = "0.1.0"
