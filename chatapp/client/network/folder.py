"""The folder where the client keeps the keys of servers and its device tokens."""

from __future__ import annotations

from pathlib import Path

from chatapp.errors import IdentityError


def default_config() -> Path:
    """Return the platform's configuration folder. Raises IdentityError if this user has no home folder."""
    import platformdirs  # imported only here, so that `chat --help` is fast

    try:
        return Path(platformdirs.user_config_dir("chatapp", appauthor=False))
    except RuntimeError:
        raise IdentityError(
            "There is no home folder with the keys of known servers."
            " Name a folder with --config DIR, or in CHAT_CONFIG."
        ) from None
