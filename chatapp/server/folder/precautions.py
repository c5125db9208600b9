"""Checks for unsafe conditions of a server: files open to other users, running as root, an expiring certificate.

The server corrects the permissions of its own files. For everything else it logs a warning that says what to do.
"""

from __future__ import annotations

import datetime
import logging
import math
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from chatapp.config import Config
from chatapp.server.folder.data_folder import (
    BESIDE_LOG,
    CERTIFICATE,
    KEY,
    LAST_SEEN,
    LOG,
    OLD_PREFIX,
    PASSWORDS,
    SEARCH,
    SETTINGS,
)
from chatapp.storage.mark import mark_of

log = logging.getLogger(__name__)

EXPIRY_DAYS = 14  # warnings begin this many days before the certificate expires
PRIVILEGED_PORT_MAX = 1023  # only root may listen on such a port
_DAY = datetime.timedelta(days=1)
_EARLIEST = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)  # no right clock shows an earlier time

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

# The server's own files, and for each the permission bits that it must not have.
_SECRET = (
    LOG, *BESIDE_LOG, *SEARCH, mark_of(Path(LOG)).name, f"{LOG}-made", PASSWORDS, f"{PASSWORDS}.lock", KEY, SETTINGS,
    LAST_SEEN, "lock",
)  # fmt: skip
_OWN = {**dict.fromkeys(_SECRET, _OTHERS), CERTIFICATE: _OTHERS_WRITE}
_UNFINISHED = ".new"  # suffix of a file that is being written; a crash may leave such a file


def check_files(config: Config) -> None:
    """Make the server's own files private; warn of a folder, certificate or key that is open to other users."""
    close_files(config.data)
    _check_folder(config.data)
    real = Path(os.path.realpath(config.log_path)).parent
    elsewhere = {real} | {Path(os.path.realpath(each)).parent for each in (config.key, config.cert) if each is not None}
    for folder in sorted(elsewhere - {Path(os.path.realpath(config.data))}):
        if _mode(folder) & stat.S_IWOTH and not _mode(folder) & stat.S_ISVTX:
            _warn_of_mode(folder, "a folder with files of the server", "o-w")
    if config.key is not None and _mode(config.key) & (_OTHERS_WRITE | stat.S_IRWXO):  # its group may read it
        _warn_of_mode(config.key, "the key of the certificate", "o=,g-w")
    if config.cert is not None and _mode(config.cert) & _OTHERS_WRITE:
        _warn_of_mode(config.cert, "the certificate", "go-w")


def close_files(folder: Path) -> None:
    """Make the server's own files in the data folder private, and those that a restore has moved aside there."""
    for where in (folder, *folder.glob(f"{OLD_PREFIX}*")):
        for name in os.listdir(where) if where.is_dir() else ():
            refused = _OWN.get(name.removesuffix(_UNFINISHED))
            if refused is not None and (path := where / name).is_file() and not _is_foreign_link(path):
                _make_private(path, refused)
    real = Path(os.path.realpath(folder / LOG))
    if real.parent != Path(os.path.realpath(folder)):  # the log is a link to another folder
        for path in (real.with_name(real.name + name.removeprefix(LOG)) for name in BESIDE_LOG):
            if path.is_file():
                _make_private(path, _OTHERS)


def check_user(ports: Iterable[int]) -> None:
    """Warn if the process runs as root although no port that it listens on needs that."""
    if os.geteuid() == 0 and all(port > PRIVILEGED_PORT_MAX for port in ports):
        _warn(
            "runs-as-root",
            f"the server runs as root, which only ports up to {PRIVILEGED_PORT_MAX} need:"
            " let a user of its own run it, and own its data folder",
        )


class Expiring(Protocol):
    """A certificate file: its path, whether a server made it, and when it is valid (``certificate.py``)."""

    cert: Path
    own: bool

    @property
    def not_before(self) -> datetime.datetime:
        """When it begins to be valid."""

    @property
    def not_after(self) -> datetime.datetime:
        """When it expires."""


def time_for_certificates(clock_ms: int) -> datetime.datetime:
    """Return a time (ms since 1970) as a ``datetime``, or _EARLIEST if it is earlier: then the clock is wrong.

    A machine without a battery for its clock starts in 1970. A certificate of that time would have expired when the
    clock is set, and X.509 has no times before 1950.
    """
    return max(_EARLIEST, datetime.datetime.fromtimestamp(clock_ms / 1000, datetime.UTC))


class ExpiryWatch:
    """Warns of a certificate that has expired or expires within EXPIRY_DAYS: when it is read, and then once a day."""

    def __init__(self, identity: Expiring) -> None:
        self._identity = identity
        self._told: datetime.datetime | None = None

    def look(self, now: datetime.datetime, read: bool = False) -> None:
        """Warn if the certificate has expired or expires soon, at most once a day.

        ``read``: the certificate was just read, so warn even if the last warning is less than a day old. ``now`` is the
        time from :func:`time_for_certificates`.
        """
        what = _expiry(self._identity, now)
        if what and (read or self._told is None or not self._told <= now < self._told + _DAY):
            self._told = now
            path = self._identity.cert
            if self._identity.own:
                advice = f"delete {path} and start the server again: it makes a new one with the same key"
            else:
                advice = "put a new one in its place, then send the server SIGHUP"
            _warn("certificate-expires", f"the certificate {path} {what}: {advice}", path=str(path))


def _expiry(identity: Expiring, now: datetime.datetime) -> str:
    """Return the problem with the validity period of a certificate, or an empty text."""
    left = identity.not_after - now
    if now < identity.not_before:
        return f"is not valid before {identity.not_before:%Y-%m-%d %H:%M} UTC; clients may refuse it"
    if left < datetime.timedelta():
        return f"expired on {identity.not_after:%Y-%m-%d}; clients may refuse it"
    days = math.ceil(left / _DAY)
    if days > EXPIRY_DAYS:
        return ""
    when = f"in {days} days" if days > 1 else "within a day"
    return f"expires {when}, on {identity.not_after:%Y-%m-%d %H:%M} UTC"


def _is_foreign_link(path: Path) -> bool:
    """Return whether the path is a link to a file that is not the server's.

    Whoever owns the folder may put a link to a file of somebody else there, and this process may be root. Only the log
    may be a link, to a file of the folder's owner.
    """
    if not path.is_symlink():
        return False
    return path.name != LOG or path.stat().st_uid != path.parent.stat().st_uid


def _make_private(path: Path, refused: int) -> None:
    mode = _mode(path)
    if not mode & refused:
        return
    can_read, can_change = mode & refused & (stat.S_IRGRP | stat.S_IROTH), mode & refused & _OTHERS_WRITE
    may = " and ".join(word for word, can in (("read", can_read), ("change", can_change)) if can) or "use"
    try:
        os.chmod(path, mode & ~refused)
    except OSError as error:
        _warn(
            "file-open-to-others",
            f"others can {may} {path} (mode {mode:04o}), and its mode cannot be changed ({error.strerror}):"
            " let the file belong to the user who runs the server",
            path=str(path),
        )
        return
    text = f"others could {may} {path}; now only its owner can"
    _warn("file-closed-to-others", text, path=str(path))


def _check_folder(folder: Path) -> None:
    """Warn if other users can replace files in the data folder, or replace a folder above it.

    In a folder with the sticky bit, other users can replace only their own files.
    """
    if _mode(folder) & _OTHERS_WRITE:
        _warn_of_mode(folder, "the data folder", "go-w")
    for above in Path(os.path.realpath(folder)).parents:
        mode = _mode(above)
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            _warn_of_mode(above, "a folder above the data folder", "o-w")
    owner = os.stat(folder).st_uid
    if owner not in (os.geteuid(), 0):
        _warn(
            "folder-of-another-user",
            f"the data folder {folder} belongs to another user (number {owner}), who can exchange its files:"
            " let the user who runs the server own it",
            path=str(folder),
        )


def _mode(path: Path) -> int:
    """Return the permission bits of a file; 0 if the file is missing or ``stat`` fails."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0


def _warn_of_mode(path: Path, what: str, change: str) -> None:
    import shlex  # only a warning needs it

    mode = _mode(path)
    can = "change" if mode & _OTHERS_WRITE else "read"
    _warn(
        "file-open-to-others",
        f"others can {can} {what} {path} (mode {mode:04o}): chmod {change} {shlex.quote(str(path))}",
        path=str(path),
    )


def _warn(event: str, text: str, **fields: object) -> None:
    log.warning("%s", text, extra={"event": event, "fields": fields})
