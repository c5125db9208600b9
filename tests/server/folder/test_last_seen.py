"""When an account was last seen."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from chatapp.server.folder.last_seen import LastSeen, Seen, read


def test_what_could_not_be_written_is_written_later(tmp_path):
    """ "If that fails, such as on a full disk, the next call tries again", also when nobody is connected any more."""
    folder = tmp_path / "data"
    users = {"uid1": SimpleNamespace(name="Alice", guest=False)}
    seen = LastSeen(folder)
    asyncio.run(seen.keep(users, ["uid1"], 1_000))  # there is no folder to write in
    folder.mkdir()
    asyncio.run(seen.keep(users, [], 2_000))
    assert read(folder) == {"alice": Seen("uid1", 1_000)}
