"""The benchmark finds what goes wrong, and measures chatapp."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from tests.bench import certificate, crowd_jobs, fill, in_process, peers, runner, scenarios, sign_ins
from tests.bench.__main__ import choose_servers, folders, parse, settle
from tests.bench.load import Plan
from tests.bench.scenarios import Scenario, Setting

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="the benchmark reads /proc and needs epoll"),
]

CHANNEL = Plan(clients=6, teams=1, senders=2, burst=3, depth=2)
CHANNELS = Plan(clients=6, teams=2, senders=1, burst=2, depth=2)
PAIRS = Plan(clients=6, teams=3, senders=1, burst=2, depth=1, direct=True, whole_bursts=True)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Everything as small as it can be."""
    cert, key = certificate.make(tmp_path)
    return Setting(
        tmp_path,
        cert,
        key,
        seconds=0.1,
        warm_up_s=0.05,
        drain_s=20.0,
        rounds=1,
        idle_clients=20,
        crowd=20,
        messages=2_500,
        bcrypt_cost=4,
    )


def stub(fault: str) -> peers.Also:
    """Make a server that makes a mistake."""
    return peers.Also(f"stub={sys.executable} -m tests.bench.stub_server {{port}} {fault}")


@pytest.mark.parametrize("plan", [CHANNEL, CHANNELS, PAIRS], ids=["channel", "channels", "pairs"])
def test_a_faultless_server_is_measured(setting, plan):
    """Deliveries are counted one by one: those measured are among those counted, and each took some time."""
    figures = scenarios.talk(plan)(setting, stub("none"))
    assert 0 < figures["rate"] * setting.seconds <= figures["deliveries"]
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]
    assert figures["peak_mb"] > 1


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("lose", r"received \d+ lines instead of \d+"),
        ("double", r"received \d+ lines instead of \d+|received message \d+ of \d, not \d+"),
        ("swap", r"received message 9\d+ of \d, not \d+"),
        ("leave", "closed the connection|broke during the run"),
    ],
)
def test_a_server_that_loses_doubles_or_changes_a_message_has_an_error(setting, fault, complaint):
    """ "Nothing lost": one wrong delivery and the run has no figures."""
    if fault == "lose":
        setting.drain_s = 0.3  # for what will never come
    with pytest.raises(peers.BenchError, match=complaint):
        scenarios.talk(CHANNEL)(setting, stub(fault))


def test_a_failure_is_a_row_and_the_others_go_on(setting):
    """One server's failure hides nobody's figures."""
    good = stub("none")
    bad = stub("leave")
    bad.name = "bad"
    rows = runner.run(setting, [Scenario("fan-out-100", "", scenarios.talk(CHANNEL))], [bad, good])
    assert [(row.server, bool(row.error), bool(row.figures)) for row in rows] == [
        ("bad", True, False),
        ("stub", False, True),
    ]


def test_a_server_that_does_not_start_is_an_error_with_its_own_words(setting):
    """What the server printed is what helps."""
    broken = peers.Also(f"broken={sys.executable} -c 'import sys; sys.exit(\"no luck with {{port}}\")'")
    with pytest.raises(peers.BenchError, match="no luck with"):
        scenarios.idle(setting, broken)


def test_an_unknown_server_is_refused():
    """A mistyped name measures nothing in silence."""
    with pytest.raises(peers.BenchError, match="There is no server 'ngirc'; there are chatapp, ngircd, inspircd"):
        choose_servers(parse(["--server", "ngirc"]))


def test_chatapp_is_chosen_without_being_asked_for():
    """It is always there; the peers where they are installed."""
    assert isinstance(choose_servers(parse([]))[0], peers.Chatapp)


@pytest.mark.parametrize("web", [False, True], ids=["lines", "web"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_chatapp_delivers_all(setting, tls, web):
    """What was sent in a channel arrived at each member, once and in order, over each kind of connection."""
    figures = scenarios.talk(CHANNEL, tls, web)(setting, peers.Chatapp())
    assert figures["deliveries"] > 0
    assert figures["cpu_us"] >= 0


def test_all_capabilities_are_enabled_and_change_what_is_delivered(setting):
    """Each client hears its own messages too, because echo-message is among the capabilities."""
    figures = scenarios.everything(CHANNEL)(setting, peers.Chatapp())
    rounds, in_round = divmod(figures["deliveries"], CHANNEL.clients * CHANNEL.senders * CHANNEL.burst)
    assert rounds > 0
    assert in_round == 0
    assert figures["without_cpu_us"] >= 0


def test_web_sockets_are_compared_with_tls(setting):
    """Both are measured in the same run."""
    figures = scenarios.web(CHANNEL)(setting, peers.Chatapp())
    assert figures["deliveries"] > 0
    assert figures["without_cpu_us"] >= 0


def test_an_idle_web_socket_is_measured(setting):
    """Its client is signed in as every other."""
    assert scenarios.idle(setting, peers.Chatapp(), web=True)["clients"] == setting.idle_clients


def test_a_capability_that_the_server_refuses_is_an_error(setting):
    """Without it, the run would measure something else."""
    plan = dataclasses.replace(CHANNEL, capabilities=("echo-message", "no-such-capability"))
    with pytest.raises(peers.BenchError, match="NAK :no-such-capability"):
        scenarios.talk(plan)(setting, peers.Chatapp())


@pytest.mark.parametrize("question", crowd_jobs.QUESTIONS)
def test_a_crowd_is_asked_about(setting, question):
    """Every answer has all members or channels, or the run has no figures."""
    figures = scenarios.crowd(question)(setting, peers.Chatapp())
    assert figures["clients"] == setting.crowd
    assert 0 < figures["p50_ms"] <= figures["max_ms"]


def test_an_answer_with_too_few_members_is_an_error(setting):
    """The stub's channel has nobody."""
    with pytest.raises(peers.BenchError, match="The answer to WHO #crowd has 0 items instead of 20"):
        scenarios.crowd("who")(setting, stub("none"))


def test_idle_clients_of_chatapp_are_counted(setting):
    """Memory is measured while all are connected."""
    figures = scenarios.idle(setting, peers.Chatapp())
    assert figures["clients"] == setting.idle_clients
    assert figures["peak_mb"] > 10


def test_sign_ins_are_counted(setting):
    """Each sign-in is a new connection with a password that was accepted."""
    figures = scenarios.sign_in(setting, peers.Chatapp())
    assert figures["rate"] > 0
    assert figures["p50_ms"] > 0


def test_accounts_that_return_at_once_are_all_in(setting):
    """Each is hashed once; a hash more than that is counted as wasted."""
    setting.returning = 12
    figures = sign_ins.restart(setting, peers.Chatapp())
    assert (figures["clients"], figures["connections"], figures["wasted"]) == (12, 12, 0)
    assert 0 < figures["p50_ms"] / 1000 <= figures["all_in_s"]


def test_accounts_with_tokens_need_no_hash(setting):
    """They return after a restart, and each catches up with what it has missed."""
    setting.with_tokens = 12
    figures = sign_ins.tokens(setting, peers.Chatapp())
    assert (figures["clients"], figures["connections"], figures["hashes"]) == (12, 12, 0)
    assert 0 < figures["p50_ms"] / 1000 <= figures["all_in_s"]


def test_known_accounts_need_no_hash(setting):
    """Each connection signs in, and no password is hashed a second time."""
    setting.again = 100
    figures = sign_ins.again(setting, peers.Chatapp())
    assert (figures["clients"], figures["hashes"]) == (100, 0)
    assert figures["rate"] > 0


def test_innocent_users_are_measured_beside_each_flood(setting):
    """Somebody got in beside each of them, and each of them was there."""
    setting.flood_s, setting.flood_share = 1.0, 0.02
    figures = sign_ins.floods(setting, peers.Chatapp())
    for name in sign_ins.FLOODS:
        assert 0 < figures[f"wait_{name}_s"] <= figures["max_ms"] / 1000
        assert figures[f"connections_{name}"] > 1
    assert figures["innocents"] > 0


def test_a_year_of_messages_is_found_again(setting):
    """A server starts with the filled log, after kill -9 too, and every page of its history has 100 messages."""
    started = scenarios.start_up(setting, peers.Chatapp())
    assert min(started["start_s"], started["start_replay_s"], started["start_killed_s"]) > 0
    read = scenarios.history(setting, peers.Chatapp())
    assert read["rate"] > 0
    assert read["messages"] == setting.messages


def test_edits_and_reactions_of_a_year_are_found(setting, monkeypatch):
    """Every message of each page has its newest text, and its reactions; a page that lacks some is an error."""
    read = scenarios.history_remarks(setting, peers.Chatapp())
    assert read["rate"] > 0
    assert read["messages"] == setting.messages
    monkeypatch.setattr(fill, "marks", lambda filled: {"lists of reactions": ";chatapp/reactions=6"})
    with pytest.raises(peers.BenchError, match="held 0 lists of reactions instead of 100"):
        scenarios.history_remarks(setting, peers.Chatapp())


def test_words_of_a_year_are_found(setting):
    """Each search for a common word or a phrase has a whole page, and each for a rare word its one message."""
    read = scenarios.search(setting, peers.Chatapp())
    assert read["rate"] > 0
    assert min(read[f"{kind}_p99_ms"] for kind in ("common", "rare", "phrase")) > 0


def test_a_disturbed_run_is_repeated_and_the_quietest_counts(setting):
    """With retries left, a run during which others were at work is not the last word."""
    shares = [0.9, 0.4, 0.7]

    def run(_: Setting, __: peers.Server) -> dict[str, float]:
        return {"rate": 1.0, "others_share": shares.pop(0)}

    setting.retries = 2
    (row,) = runner.run(setting, [Scenario("fan-out-100", "", run)], [stub("none")])
    assert row.figures["others_share"] == 0.4
    assert not shares

    shares[:] = [0.9, 0.1, 0.0]
    (row,) = runner.run(setting, [Scenario("fan-out-100", "", run)], [stub("none")])
    assert row.figures["others_share"] == 0.1
    assert shares == [0.0]


def test_only_what_is_compared_with_itself_leaves_the_disk(tmp_path):
    """And nothing does where it was said where the data are to be."""
    with folders(parse(["--dir", str(tmp_path)])) as (folder, quiet):
        assert (folder.parent, quiet) == (tmp_path, None)
        setting = settle(parse(["--quick"]), folder, tmp_path / "memory")
        assert setting.place().folder.parent == folder
        assert setting.place(quiet=True).folder.parent == tmp_path / "memory"
        setting.quiet = None
        assert setting.place(quiet=True).folder.parent == folder
    assert list(tmp_path.glob("chatapp-bench-*")) == []


def test_the_path_of_a_message_is_measured_alone():
    """Each load costs something, and a delivery to many costs less than a message of its own."""
    figures = in_process.measure_in(seconds=0.02)
    assert figures.keys() == {"direct-1", "direct-8", "fan-out-100"}
    assert 0 < figures["fan-out-100"] < figures["direct-8"]
