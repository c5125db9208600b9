"""The file with the settings of the full screen (``client/fronts/full/settings.py``)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chatapp.cli import connecting
from chatapp.client.fronts.full.settings import BYTES_MAX, FILE, Settings, parse, rewritten
from chatapp.errors import ConfigError
from chatapp.reading import read_within


class SettingsFile:
    """The file in a folder; neither has to be there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = asyncio.Lock()

    def _text(self) -> str:
        try:
            return read_within(self.path, BYTES_MAX, connecting.TIMEOUT_S)[0].decode()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path} cannot be read: {error}.") from None

    def read(self) -> Settings:
        """Return the settings. Raises ConfigError."""
        return parse(self._text(), str(self.path))

    async def save(self, name: str, settings: Settings) -> str:
        """Write the value of one setting; return what is wrong (empty: nothing is)."""
        async with self._lock:
            try:
                await asyncio.to_thread(self._write, name, settings)
            except (ConfigError, OSError) as error:
                return f"The change lasts until you leave, as it is not in {self.path}: {error}"
        return ""

    def _write(self, name: str, settings: Settings) -> None:
        from chatapp.client.network.lines_file import replace

        text = rewritten(self._text(), settings, name, str(self.path))
        path = self.path.resolve()  # a link to a file stays a link
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, text)
