"""One exclusive lock per session, the same lock for Python, Rust and shell programs; see `session_lock._session_lock`."""

from . import _async, _session_lock
from ._async import *
from ._session_lock import *

__all__ = [*_async.__all__, *_session_lock.__all__]
__version__ = "0.1.0"
