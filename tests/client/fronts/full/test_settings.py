"""``config.toml``: each setting is documented, and a wrong one is refused in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp.client.fronts import commands
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.settings import HELP, Settings, parse, shown
from chatapp.errors import ConfigError
from tests.client.fronts.full.desk import Desk

README = (Path(commands.__file__).parent.parent / "README.md").read_text()


def test_what_is_shown_can_be_read():
    """``--show-config`` writes a file with the settings as they are."""
    settings = Settings(typing=False, quiet_hours="22:00-07:00")
    assert parse(shown(settings, "here"), "here") == settings
    assert parse("", "here") == Settings()


@pytest.mark.parametrize("name", Settings._fields)
def test_every_setting_is_documented(name):
    """README and ``--show-config`` say what it does."""
    assert f"`{name}`" in README
    assert HELP[name] in shown(Settings(), "here")


@pytest.mark.parametrize("text", ["typing = 1", "tyoing = true", "typing", 'quiet_hours = "late"', "[typing]"])
def test_a_wrong_setting_is_refused(text):
    """The error names the file, and says what to do."""
    with pytest.raises(ConfigError, match=r"^here.*(show-config|as in)"):
        parse(text, "here")


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [("22:00-07:00", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "21:59"]), ("12:00-13:00", ["12:30"], ["13:00"])],
)
def test_quiet_hours(hours, quiet, loud):
    """They may go over midnight."""
    settings = Settings(quiet_hours=hours)
    assert all(map(settings.is_quiet, quiet))
    assert not any(map(settings.is_quiet, loud))
    assert not Settings().is_quiet("23:00")


def test_the_settings_are_kept(server):
    """Nobody learns that we are typing; no notice in the quiet hours; no columns."""
    settings = Settings(typing=False, conversations=False, quiet_hours="00:00-23:59")
    alice = Desk(server, settings=settings).sign_in()
    alice.state.focused = False
    server.say("bob", "alice", "hello")
    alice.see()
    alice.type("hi")
    assert not [each for each in alice.effects() if each.do is Do.NOTIFY]
    assert not [message for message in alice.wire.sent() if message.verb == "TAGMSG"]
    assert "│" not in alice.screen()
