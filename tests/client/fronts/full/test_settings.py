"""``config.toml``: each setting is documented, and a wrong one is refused in plain words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatapp.client.fronts import commands
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.settings import HELP, LISTED_BY, SINGLE, Settings, parse, rewritten, shown
from chatapp.errors import ConfigError
from tests.client.fake_server import HOST
from tests.client.fronts.full.desk import Desk

README = (Path(commands.__file__).parent.parent / "README.md").read_text()


def test_what_is_shown_can_be_read():
    """``--show-config`` writes a file with the settings as they are."""
    settings = Settings(typing=False, quiet_hours="22:00-07:00", keys="vi", pinned=('#a "b"\\ here:1', "c here:1"))
    assert parse(shown(settings, "here"), "here") == settings
    assert parse("", "here") == Settings()


@pytest.mark.parametrize("name", Settings._fields)
def test_every_setting_is_documented(name):
    """README and ``--show-config`` say what it does."""
    assert f"`{name}`" in README
    assert HELP[name] in shown(Settings(), "here")


@pytest.mark.parametrize(
    "text",
    [
        "typing = 1",
        "tyoing = true",
        "typing",
        'quiet_hours = "late"',
        "[typing]",
        "quiet_hours = 1",
        'theme = "pink"',
        'keys = "wordstar"',
        "pinned = [1]",
        'quiet = "#a"',
    ],
)
def test_a_wrong_setting_is_refused(text):
    """The error names the file, and says what to do."""
    with pytest.raises(ConfigError, match=r"^here.*(show-config|as in|one of)"):
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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# ring the bell then\nbell = false\n"),
        ("# mine\n\ntyping = true", "# mine\n\ntyping = true\n\n# ring the bell then\nbell = false\n"),
        ("bell=true # loud\n# end\n", "bell = false\n# end\n"),
    ],
)
def test_one_setting_is_written(before, after):
    """The other lines of the file stay as a person wrote them."""
    assert rewritten(before, Settings(bell=False, people=False), "bell", "here") == after


def test_a_setting_of_several_lines_is_written():
    """If a line alone cannot be replaced, the file is written anew, with all settings."""
    text = 'pinned = [\n  "#a here:1",\n]\ntyping = false\n'
    wanted = Settings(typing=False, pinned=("#b here:1",))
    assert parse(rewritten(text, wanted, "pinned", "here"), "here") == wanted
    with pytest.raises(ConfigError):
        rewritten("typing", wanted, "pinned", "here")


def test_setting(alice):
    """/set shows the settings and changes each; a wrong value is answered with what is right."""
    alice.effects()
    alice.say("/set")
    for name in SINGLE:
        assert any(text.startswith(f"{name} ") for text in alice.texts)
    for name, value, there in [
        ("bell", "off", False), ("typing", "no", False), ("notices", "OFF", False), ("links", "false", False),
        ("conversations", "off", False), ("people", "off", False), ("keys", "vi", "vi"), ("theme", "calm", "calm"),
        ("quiet_hours", "22:00-07:00", "22:00-07:00"),
    ]:  # fmt: skip
        alice.say(f"/set {name} {value}")
        assert getattr(alice.state.settings, name) == there
        assert alice.texts[-1] == f"{name} is now {'off' if there is False else there}."
        assert [each.text for each in alice.effects() if each.do is Do.SETTINGS] == [name]
    assert "│" not in alice.screen()
    alice.say("/set quiet_hours off")
    assert alice.state.settings.quiet_hours == ""
    alice.say("/theme light")
    assert alice.state.settings.theme == "light"
    alice.say("/theme")
    assert alice.texts[-1] == "theme light: the colours: dark, light, calm, mono"
    alice.say("/set quiet_hours")
    assert alice.texts[-1] == "quiet_hours off: hours without notices, as 22:00-07:00"
    for line, words in [
        ("/set color red", "The settings are typing,"), ("/set hue", "There is no setting hue. The settings are"),
        ("/theme pink", "Type /set theme dark, /set theme light, /set theme calm or /set theme mono."),
    ]:  # fmt: skip
        alice.effects()
        alice.say(line)
        assert words in alice.texts[-1]
        assert not [each for each in alice.effects() if each.do is Do.SETTINGS]
        alice.press("c-u")


@pytest.mark.parametrize("name", Settings._fields)
def test_what_to_type_for_a_setting(alice, name):
    """A wrong value of /set is answered with what is typed for a right one, and each of these lines works."""
    alice.say(f"/set {name} 25")
    said = alice.texts[-1]
    if name not in SINGLE:
        assert said == f"/set cannot change {name}: {LISTED_BY[name]} does it."
        alice.say(f"/set {name}")
        assert alice.texts[-1] == said
        return
    assert said.startswith(f"Type /set {name} ")
    for line in re.split(" or |, ", said.removeprefix("Type ").removesuffix(".")):
        alice.say(line)
        assert alice.texts[-1] == f"{name} is now {line.split()[-1]}."


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("quiet_hours", '"22:00-07:00"', "22:00-07:00"),
        ("theme", "Calm", "calm"),
        ("keys", "VI", "vi"),
        ("bell", "NO", False),
    ],
)
def test_how_a_value_is_typed(alice, name, typed, value):
    """With the quotation marks of the file, and in capital letters, it is the same value."""
    alice.say(f"/set {name} {typed}")
    assert getattr(alice.state.settings, name) == value


def test_a_hidden_column_stays_hidden(alice):
    """A change of another setting does not bring back what F2 has hidden."""
    alice.press("f2")
    alice.say("/set bell off")
    assert not alice.state.left_shown
    alice.say("/set conversations on")
    assert alice.state.left_shown


def listed(desk: Desk) -> list[str]:
    """Return the conversations of the left column."""
    return [buffer.name for buffer in desk.state.buffers.listed]


def test_pinning(server, alice):
    """What is pinned stands below the lobby, also the next time, and under its new name; of this server alone."""
    for line in ("/dm bob", "/join #zoo", "/join #books"):
        alice.say(line)
    assert listed(alice) == ["#lobby", "#books", "#zoo", "bob"]
    alice.say("/dm bob")
    alice.say("/pin")
    assert listed(alice) == ["#lobby", "bob", "#books", "#zoo"]
    assert "2^bob" in alice.screen() or ">^bob" in alice.screen()
    alice.say("/join #zoo")
    alice.say("/pin")
    alice.hears("RENAME", "#zoo", "#ark", "")
    assert alice.state.settings.pinned == (f"bob {HOST}", f"#ark {HOST}")
    assert listed(alice) == ["#lobby", "#ark", "bob", "#books"]
    other = Settings(pinned=(f"carol {HOST}", "dave elsewhere:1"))
    again = Desk(server, "bob", settings=other).sign_in()
    assert "carol" in listed(again)
    assert "dave" not in listed(again)
    alice.say("/pin")
    assert alice.state.settings.pinned == (f"bob {HOST}",)


def test_quiet_conversations(alice):
    """/quiet is kept, and ends with a second /quiet."""
    alice.say("/quiet")
    assert alice.state.settings.quiet == (f"#lobby {HOST}",)
    alice.state.focused = False
    alice.effects()
    alice.server.say("bob", "#lobby", "alice: psst")
    alice.see()
    assert not [each for each in alice.effects() if each.do is Do.NOTIFY]
    alice.state.focused = True
    alice.say("/quiet")
    alice.state.focused = False
    alice.server.say("bob", "#lobby", "alice: hello")
    alice.see()
    assert [each.text for each in alice.effects() if each.do is Do.NOTIFY] == ["alice: hello"]
    alice.say("/mute")
    assert "/quiet" in alice.texts[-1]
