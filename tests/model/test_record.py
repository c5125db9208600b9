"""Which acts the record keeps: everybody's acts have a share that acts of another kind or elsewhere do not take."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.model import events, record
from chatapp.model.entities import Act
from chatapp.model.record import SERVER_ACTS_MAX, Record
from chatapp.model.state import State
from tests.model.support import Life, applied
from tests.support.examples import examples

CHANNEL_MAX = 450  # acts in one channel


def told(acts):
    """Return what was done to whom where."""
    return [(each.verb, each.target, each.channel) for each in acts]


@pytest.fixture
def life():
    """Let anna be the founder of #class, hans an operator; hans has removed eve and muted bob there."""
    life = Life()
    anna, hans, bob, eve = (life.account(name) for name in ("anna", "hans", "bob", "eve"))
    channel = life.join(anna, "#class")
    for each in (hans, bob, eve):
        life.join(each, "#class")
    life.state.record = Record()
    mode(life, "anna", "#class", "+", "o", hans.uid)
    mode(life, "hans", "#class", "+", "b", "~m:bob")
    applied(life.do(events.Kicked, hans, stream=channel.uid, target=eve.uid, target_nick="eve"))
    return life


def mode(life, who, name, sign, letter, parameter=""):
    """Let somebody change a mode."""
    user, channel = life.state.user_named(who), life.state.channel_named(name)
    applied(life.do(events.ModesChanged, user, stream=channel.uid, changes=((sign, letter, parameter),)))


DONE = [("mode +o", "hans", "#class"), ("mode +b", "~m:bob", "#class"), ("kick", "eve", "#class")]


def test_changes_of_modes_push_out_only_older_ones(life):
    """ "Toggles MODE #class 140 times": the kick and the mute stay, and so does what another one has set."""
    mode(life, "anna", "#class", "+", "s")
    for _ in range(140):
        for sign in "+-":
            for letter in "msCMRW"[2:]:
                mode(life, "hans", "#class", sign, letter)
    for limit in range(1, 140):
        mode(life, "hans", "#class", "+", "l", str(limit))
    assert told(life.state.acts)[:4] == [*DONE, ("mode +s", "", "#class")]
    assert told(life.state.acts)[-1] == ("mode +l", "139", "#class")
    assert len(life.state.acts) == 3 + 50
    assert State.restore(life.state.snapshot()).digest() == life.state.digest()


def test_bans_that_are_removed_push_out_only_each_other(life):
    """An operator who bans and unbans one name for hours leaves the mute, and roles and kicks, in the record."""
    for _ in range(200):
        for sign in "+-":
            mode(life, "hans", "#class", sign, "b", "x!*@*")
            mode(life, "hans", "#class", sign, "v", life.state.user_named("bob").uid)
    assert told(life.state.acts)[:3] == DONE


def test_acts_in_other_channels_push_out_nothing(life):
    """ "12 guests each in an own channel with 40 mode changes", and more."""
    for number in range(12):
        guest = life.guest(f"g{number}")
        life.join(guest, f"#g{number}")
        for _ in range(60):
            for sign in "+-":
                mode(life, guest.name, f"#g{number}", sign, "m")
        for mask in range(90):
            mode(life, guest.name, f"#g{number}", "+", "b", f"x{mask}!*@*")
    assert told(life.state.acts)[:3] == DONE


def test_the_acts_of_a_channel_that_has_died_stay(life):
    """Without its modes; together such channels have one share."""
    zoe = life.account("zoe")
    life.state.record.restore([], 0)
    channel = life.join(zoe, "#zoe")
    mode(life, "zoe", "#zoe", "+", "m")
    mode(life, "zoe", "#zoe", "+", "b", "x!*@*")
    life.part(zoe, channel)
    assert ("mode +b", "x!*@*", "#zoe") in told(life.state.acts)
    assert ("mode +m", "", "#zoe") not in told(life.state.acts)


def test_who_does_much_on_the_server_does_not_push_out_the_acts_of_others(life):
    """Beyond SERVER_ACTS_MAX, the oldest act of whoever has most acts is dropped, under whatever name."""
    kept = Record()
    for number in range(10):
        kept.add(Act(1, "anna", "kill", f"x{number}", uid="a"))
    for number in range(2 * SERVER_ACTS_MAX):
        kept.add(Act(2, f"name{number}", "kill", f"y{number}", uid="b"))
    acts = list(kept)
    assert [act.target for act in acts[:10]] == [f"x{number}" for number in range(10)]
    assert len(acts) == SERVER_ACTS_MAX
    assert acts[-1].target == f"y{2 * SERVER_ACTS_MAX - 1}"


def test_all_channels_together_have_a_bound(monkeypatch):
    """The channel with the most acts loses its oldest act."""
    monkeypatch.setattr(record, "CHANNELS_ACTS_MAX", 10)
    kept = Record()
    for place, count in (("a", 2), ("b", 30), ("c", 3)):
        for number in range(count):
            kept.add(Act(1, "eve", "kick", f"x{number}", place, place=place))
    acts = list(kept)
    assert [(act.place, act.target) for act in acts if act.place != "b"] == [
        ("a", "x0"), ("a", "x1"), ("c", "x0"), ("c", "x1"), ("c", "x2"),
    ]  # fmt: skip
    assert [act.target for act in acts if act.place == "b"] == [f"x{number}" for number in range(25, 30)]


VERBS = ["mode +m", "mode -m", "mode +b", "mode -b", "mode +v", "topic", "redact", "kick"]
places = st.sampled_from(["", "c1", "c2", "c3"])
made = st.tuples(places, st.sampled_from(VERBS), st.sampled_from("xyz"), st.sampled_from("ab"), st.integers(1, 60))


@settings(max_examples=examples(60), deadline=None)
@given(runs=st.lists(st.one_of(made, st.sampled_from(["c1", "c2"])), max_size=20))
def test_any_acts(runs):
    """The record is bounded, the newest act is in it, no act moves another place's, and a snapshot has all of it."""
    kept = Record()
    for run in runs:
        before = list(kept)
        if isinstance(run, str):
            kept.bury(run)
            assert [act.number for act in kept] == [
                act.number for act in before if act.place != run or act.verb not in ("mode +m", "mode -m", "topic")
            ]
            continue
        place, verb, target, uid, count = run
        for number in range(count):
            kept.add(Act(1, uid, verb, f"{target}{number}", place, uid=uid, place=place))
        after = list(kept)
        assert after[-1].number == kept.made
        assert [act for act in after if act.place != place] == [act for act in before if act.place != place]
        if verb.startswith("mode") and verb[-1] == "m" and place:
            assert [act for act in before if act.verb[-1] != "m" and act.verb != "topic"] == [
                act for act in after if act.verb[-1] != "m" and act.verb != "topic"
            ]
        assert all(count <= CHANNEL_MAX for place, count in Counter(act.place for act in after).items() if place)
        again = Record()
        again.restore(after, kept.made)
        for each in (kept, again):
            each.add(Act(1, "z", "kick", "z", "c3", uid="z", place="c3"))
        assert list(again) == list(kept)
