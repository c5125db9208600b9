"""The settings that an administrator changes while the server runs, kept for the next start.

They are in the file ``settings.json`` in the data folder. An option of ``chat serve`` (or its environment variable)
overrides the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast, get_args

from chatapp.config import Config, SignUp
from chatapp.errors import ConfigError, DataError
from chatapp.reading import read_regular
from chatapp.server.folder.files import write_whole

_DEFAULT_SIGN_UP: SignUp = "open"


class Settings:
    """The settings of one server. Raises ConfigError if the file cannot be used."""

    def __init__(self, config: Config) -> None:
        self._path = config.settings_path
        self.sign_up: SignUp = config.sign_up or kept_sign_up(self._path) or _DEFAULT_SIGN_UP

    def keep_sign_up(self, policy: SignUp) -> None:
        """Write the sign-up policy for the next start (in a thread), without changing :attr:`sign_up`.

        Raises DataError if the file cannot be written.
        """
        try:
            write_whole(self._path, json.dumps({"sign_up": policy}).encode() + b"\n", 0o600)
        except OSError as error:
            raise DataError(f"{self._path} cannot be written ({error.strerror}), so nothing was changed.") from error


def kept_sign_up(path: Path) -> SignUp | None:
    """Return the sign-up policy in the file, or ``None`` if an administrator never set it. Raises ConfigError."""
    try:
        policy = json.loads(read_regular(path)).get("sign_up")
        if policy is not None and policy not in get_args(SignUp):
            raise ValueError
    except FileNotFoundError:
        return None
    except (ValueError, AttributeError):
        raise ConfigError(
            f"{path} cannot be read. Delete it, and give chat serve what it set: --sign-up open, invite or closed."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    return cast("SignUp | None", policy)
