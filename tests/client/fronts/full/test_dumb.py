"""A terminal that knows no commands gets none, also from what tmux hands on."""

from chatapp.client.fronts.full.outside import notice
from chatapp.client.fronts.full.stream import shell


def test_a_notice_through_tmux_is_a_bell_alone():
    """Nothing of the command is left over, such as its end."""
    commands = notice("bob", "hello", {"TERM": "dumb", "TMUX": "/tmp/tmux-0/default,1,0"})
    assert shell._COMMANDS.sub("", commands + "text") == "\atext"
