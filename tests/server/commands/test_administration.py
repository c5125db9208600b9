"""UBAN, KILL, OPER, WALLOPS and REHASH: what administrators do on the whole server."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR
from chatapp.server import administrating
from tests.server.support import make_admin
from tests.server.world import CLOSED


@pytest.fixture
def order(world):
    """Let alice be an administrator, and bob an account."""
    world.enter("alice")
    world.enter("bob")
    make_admin(world, "alice")
    world.deaf()
    return world


@pytest.mark.parametrize("line", ["UBAN ADD bob", "UBAN LIST", "KILL alice", "WALLOPS :hi", "REHASH"])
def test_others_may_not(order, line):
    """ "481", and nothing happens."""
    assert order.actors["bob"].ask(line) == [":s 481 bob :Only an administrator can do that."]
    assert order.actors["alice"].hear() == []


def test_a_banned_account_is_out(order):
    """Its connections end with the reason, it cannot sign in, and it can again when the ban is over."""
    phone = order.enter("bob", as_="phone")
    order.play("""
        alice> UBAN ADD BOB 5s :spam, again
        alice< :s NOTICE alice :The account bob is banned until 2026-01-01 00:16 UTC, by alice on ...
        alice< :s NOTICE alice :It ended the connections of bob.
        bob< :s 465 bob :You are banned from this server until 2026-01-01 00:16 UTC: spam, again
        bob< ERROR :Closing link: banned
        bob< <closed>
        phone< :s 465 bob :You are banned from this server until 2026-01-01 00:16 UTC: spam, again
        phone< ERROR :Closing link: banned
        phone< <closed>
    """)
    assert phone.closed
    again = order.connect("again", says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b")
    heard = again.hear()
    assert heard[0].startswith(":s 465 ")
    assert heard[-2].startswith("ERROR :Closing link: banned")
    assert heard[-1] == CLOSED
    order.advance(6)
    order.enter("bob", as_="later")
    order.play("""
        alice> UBAN LIST
        alice< :s NOTICE alice :There are no bans.
    """)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("90 :x", "90 is no time without its unit. Type 90m, 90h or 90d: minutes, hours or days."),
        ("90 m", "90 is no time without its unit. Type 90m, 90h or 90d: minutes, hours or days."),
        ("-5m :x", '"-5m" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'),
        ("5min :x", '"5min" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'),
        ("99y :x", "A duration is like 30m, 12h, 7d or 1d12h, and at most ten years."),
    ],
)
def test_a_time_that_is_none(order, typed, why):
    """Taken as the reason, it would make a ban without an end."""
    assert order.actors["alice"].ask(f"UBAN ADD bob {typed}") == [f":s FAIL UBAN CANNOT_BAN bob :{why}"]
    assert not order.services.state.bans


BEYOND_2100_MS = 75 * 366 * 24 * 3600 * 1000


def test_a_ban_holds_though_the_clock_is_not_used(order):
    """The end of a ban is set in the times of the log, so these times say whether the ban still holds."""
    order.clock_error_ms = BEYOND_2100_MS
    alice = order.actors["alice"]
    alice.say("UBAN ADD bob 30s", "UBAN ADD 203.0.113.0/24 30s", "UBAN LIST")
    assert alice.hear()[-1] == ":s NOTICE alice :Bans: 2."
    assert len(alice.ask("STATS k")) == 3
    again = order.connect("again", says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b")
    assert again.hear()[0].startswith(":s 465 bob :You are banned from this server until ")
    there = order.connect("there", "203.0.113.9", tls=True, says="CAP LS 302")
    assert there.hear()[-1] == CLOSED
    order.clock_error_ms = 0
    order.advance(31)
    order.enter("bob", as_="later")
    assert alice.ask("UBAN LIST") == [":s NOTICE alice :There are no bans."]


@pytest.mark.parametrize("error_ms", [BEYOND_2100_MS, -BEYOND_2100_MS])
def test_bans_of_a_channel_though_the_clock_is_not_used(order, error_ms):
    """A mask with an end is in the list, and keeps somebody from knocking, as long as it keeps them from joining."""
    order.channel("#room", "alice")
    alice, bob = order.actors["alice"], order.actors["bob"]
    order.clock_error_ms = error_ms
    alice.say("MODE #room +ib ~t:60:bob", "MODE #room +b ~t:60:bob!*@*")
    alice.hear()
    assert " 367 " in alice.ask("MODE #room +b")[0]
    assert " 474 " in bob.ask("JOIN #room")[0]
    assert " 480 " in bob.ask("KNOCK #room")[0]


def test_what_is_shown_though_the_clock_is_not_used(order):
    """No time beyond 2100 is shown or kept: a time is that of the last event."""
    alice = order.actors["alice"]
    alice.ask("PRIVMSG bob :hi")
    order.clock_error_ms = BEYOND_2100_MS
    order.enter("bob", as_="desk")
    asked = alice.ask("TIME", "WHOIS bob bob")
    assert [line for line in asked if " 21" in line or ":21" in line] == []
    now = order.services.state.time
    order.actors["desk"].vanish()
    order.actors["bob"].vanish()
    seen = order.services.last_seen.entries(order.services.state.users)
    assert seen["bob"].time == now


def test_a_banned_network_is_out(order):
    """Those who are connected, those who are signing in, and those who come; others are not concerned."""
    there = order.connect("there", "203.0.113.9", tls=True, says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b")
    silent = order.connect("silent", "203.0.113.10", tls=True)
    silent.say("CAP LS 302")
    other = order.connect("other", "198.51.100.1", tls=True, says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b")
    order.deaf()
    told, ended = order.actors["alice"].ask("UBAN ADD 203.0.113.77/24 :open proxy")
    assert ended == ":s NOTICE alice :It ended the connections of bob."
    assert told.startswith(":s NOTICE alice :The network 203.0.113.0/24 is banned, by alice on ")
    assert there.hear()[-2:] == ["ERROR :Closing link: banned", CLOSED]
    assert silent.hear()[-2:] == ["ERROR :Closing link: banned", CLOSED]
    assert other.ask("PING x") == [":s PONG s :x"]
    order.deaf()
    late = order.connect("late", "203.0.113.200", tls=True, says="NICK x")
    assert late.hear()[0].startswith(":s 465 * :You are banned from this server: open proxy")
    assert late.closed
    order.deaf()
    order.play("""
        alice> UBAN DEL 203.0.113.0/24
        alice< :s NOTICE alice :The ban of 203.0.113.0/24 has ended.
    """)
    assert not order.connect("fine", "203.0.113.200", tls=True, says="NICK x").closed


@pytest.mark.parametrize("typed", ["::ffff:203.0.113.9", "::ffff:203.0.113.9/120", "::ffff:cb00:7109/128"])
def test_a_ban_of_ipv4_mapped_addresses(order, typed):
    """It is the ban of their IPv4 addresses, and ends under either name; so does a ban that an older version stored."""
    services, alice = order.services, order.actors["alice"]
    for line in (f"UBAN ADD {typed} 1h :open proxy", f"UBAN ADD 0{typed} 1h :open proxy"):
        assert alice.ask(line)[0].endswith(" UTC: open proxy")
        assert [ban.target.partition("/")[0][:10] for ban in services.state.bans.values()] == ["203.0.113."]
        assert " has ended." in alice.ask(f"UBAN DEL {typed}")[0]
    there = order.connect("there", "203.0.113.9", tls=True, says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b")
    order.deaf()
    assert alice.ask(f"UBAN ADD {typed}")[1] == ":s NOTICE alice :It ended the connections of bob."
    assert there.closed
    assert " has ended." in alice.ask(f"UBAN DEL {typed}")[0]
    older = services.proposals.event(events.Banned, services.state.user_named("alice"), target=typed)
    order.run(services.proposals.settle(older))
    assert order.connect("late", "203.0.113.9", tls=True, says="NICK x").closed
    assert " has ended." in alice.ask(f"UBAN DEL {services.state.bans[typed].target}")[0]
    assert not services.state.bans


@pytest.mark.parametrize(
    ("typed", "shown", "before"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7/32"),
        ("FE80::7", "fe80::7", "fe80::7/128"),
    ],
)
def test_an_address_is_shown_without_a_prefix(order, typed, shown, before):
    """It is shown as people type it. A ban from an older version, with /32 or /128, is the same ban."""
    order.play(
        f"""
        alice> UBAN ADD {before} :x
        alice< :s NOTICE alice :The address {shown} is banned, by alice on ...
        alice> UBAN DEL {typed}
        alice< :s NOTICE alice :The ban of {shown} has ended.
        """
    )
    services = order.services
    older = services.proposals.event(events.Banned, services.state.user_named("alice"), target=before)
    order.run(services.proposals.settle(older))
    order.play(
        f"""
        alice> UBAN ADD {typed} 1h :again
        alice< :s NOTICE alice :The network {before} is banned until ...
        alice> UBAN DEL {typed}
        alice< :s NOTICE alice :The ban of {before} has ended.
        alice> UBAN LIST
        alice< :s NOTICE alice :There are no bans.
        """
    )


def test_bans_survive_a_restart(order):
    """They are in the log."""
    order.actors["alice"].say("UBAN ADD bob :spam")
    order.stop()
    order.start_again()
    assert order.connect("bob2", says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b").hear()[-1] == CLOSED


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("UBAN", "461 alice UBAN"),
        ("UBAN FROB bob", "FAIL UBAN INVALID_PARAMS FROB"),
        ("UBAN DEL", "FAIL UBAN INVALID_PARAMS DEL"),
        ("UBAN DEL bob", "FAIL UBAN CANNOT_BAN bob"),
        ("UBAN ADD nobody", "FAIL UBAN CANNOT_BAN nobody"),
        ("UBAN ADD 203.0.113.0/7", "FAIL UBAN CANNOT_BAN 203.0.113.0/7"),
        ("UBAN ADD ::ffff:203.0.113.0/103", "FAIL UBAN CANNOT_BAN *"),
        ("UBAN ADD ::ffff:127.0.0.1", "FAIL UBAN CANNOT_BAN *"),
        ("UBAN ADD ::1", "FAIL UBAN CANNOT_BAN *"),
        ("UBAN ADD 127.0.0.1", "FAIL UBAN CANNOT_BAN 127.0.0.1"),
        ("UBAN ADD bob 99y", "FAIL UBAN CANNOT_BAN bob"),
        ("UBAN ADD bob :" + "x" * 301, "FAIL UBAN CANNOT_BAN bob"),
        ("UBAN ADD alice", "FAIL UBAN CANNOT_BAN alice"),
        ("KILL", "461 alice KILL"),
        ("KILL nobody", "401 alice nobody"),
        ("KILL carol", "401 alice carol"),  # an account without a connection
        ("KILL bob :" + "x" * 301, "417 alice"),
        ("OPER alice", "461 alice OPER"),
        ("OPER bob sesame", "491 alice"),
        ("OPER alice sesame", "381 alice"),
        ("WALLOPS", "461 alice WALLOPS"),
    ],
)
def test_mistakes(order, line, answer):
    """Each gets its answer, and bob is still there."""
    (heard,) = order.actors["alice"].ask(line)
    assert heard.split(" :")[0] == (f":s {answer}")
    assert order.actors["bob"].ask("PING x") == [":s PONG s :x"]


def test_a_wrong_password(order):
    """ "464", after the delay that a wrong password costs everywhere."""
    order.actors["alice"].say("OPER alice wrong")
    order.advance(10)
    (heard,) = order.actors["alice"].hear()
    assert heard.startswith(":s 464 alice :")


def test_killing(order):
    """ "KILL": all connections end, and the user may come back."""
    order.enter("bob", as_="phone")
    order.play("""
        alice> KILL BOB :calm down
        alice< :s NOTICE alice :The connections of bob were ended. To keep somebody out, use UBAN.
        bob< ERROR :Killed (alice: calm down)
        bob< <closed>
        phone< ERROR :Killed (alice: calm down)
        phone< <closed>
    """)
    order.enter("bob", as_="again")
    order.play("""
        alice> KILL alice
        alice< ERROR :Killed (alice)
        alice< <closed>
    """)


def test_administrators_write_to_each_other(order):
    """WALLOPS reaches administrators, and nobody else."""
    make_admin(order, "bob")
    order.enter("carol")
    order.play("""
        alice> WALLOPS :look at #room
        alice< :alice!alice@s WALLOPS :look at #room
        bob< :alice!alice@s WALLOPS :look at #room
    """)


def test_reading_the_files_again(order):
    """REHASH does what SIGHUP does."""
    done = []
    order.services.read_files_again = lambda: done.append(1)
    assert order.actors["alice"].ask("REHASH")[0].startswith(":s 382 alice cert.pem ")
    assert done == [1]


def test_what_was_done_on_the_servers_machine_is_played_back(order):
    """Its source is the server, live and in a page of history."""
    bob = order.enter("bob", "draft/event-playback draft/chathistory batch account-tag", as_="phone")
    order.channel("#room", "alice bob")
    order.run(administrating.kick(order.services, "bob", "#room", ""))
    assert bob.hear()[-1] == ":s KICK #room bob :s"
    bob.ask("JOIN #room")
    lines = [line.partition(" :")[2] for line in bob.ask("CHATHISTORY LATEST #room * 10")[1:-1]]
    assert "s KICK #room bob :*" in lines


def test_who_is_no_operator_of_the_server(order):
    """ "ERR_NOOPERHOST": the text says which of the two reasons it is."""
    assert order.actors["bob"].ask("OPER bob sesame") == [":s 491 bob :Your account is not an administrator."]
    assert order.actors["alice"].ask("OPER bob sesame") == [
        ":s 491 alice :OPER needs the name of your own account, alice."
    ]


def test_who_becomes_an_administrator_and_who_is_none_any_more_is_told(order):
    """ "chat role": on all devices; nobody else hears of it."""
    phone = order.enter("bob", as_="phone")
    proposals, uid = order.services.proposals, order.services.state.user_named("bob").uid
    for role, change in ((ADMINISTRATOR, "+o"), ("", "-o")):
        order.run(proposals.settle(proposals.event(events.RoleSet, None, uid=uid, role=role)))
        assert order.actors["bob"].hear() == phone.hear() == [f":s MODE bob :{change}"]
    assert order.actors["alice"].hear() == []


@pytest.mark.parametrize("network", ["203.0.113.0/24", "203.0.113.9", "203.0.0.0/16"])
def test_a_network_from_which_an_administrator_is_connected_is_not_banned(order, network):
    """Whoever bans the network that it is in itself, or another administrator, would lose the connection."""
    carol = order.connect("carol", "203.0.113.9", tls=True, says="PASS carol:sesame\nNICK carol\nUSER c 0 * :c")
    make_admin(order, "carol")
    carol.hear()
    (told,) = order.actors["alice"].ask(f"UBAN ADD {network} :open proxy")
    assert told.startswith(f":s FAIL UBAN CANNOT_BAN {network} :carol is an administrator and is connected from ")
    assert carol.ask("PING x") == [":s PONG s :x"]
    assert not order.services.state.bans


def test_whose_connections_a_ban_ends_is_said(order):
    """At most ten names; who is still signing in has none."""
    order.write_passwords("alice", "bob", *(f"p{number:02}" for number in range(12)))
    order.advance(1)
    make_admin(order, "alice")  # the file does not say that it is an administrator
    for number in range(12):
        name = f"p{number:02}"
        order.connect(name, f"203.0.113.{number}", tls=True, says=f"PASS {name}:sesame\nNICK {name}\nUSER c 0 * :c")
    order.connect("silent", "203.0.113.99", tls=True)
    order.deaf()
    told = order.actors["alice"].ask("UBAN ADD 203.0.113.0/31")
    assert told[1:] == [":s NOTICE alice :It ended the connections of p00 and p01."]
    told = order.actors["alice"].ask("UBAN ADD 203.0.113.2")
    assert told[1:] == [":s NOTICE alice :It ended the connections of p02."]
    assert len(order.actors["alice"].ask("UBAN ADD 198.51.100.0/24")) == 1
    told = order.actors["alice"].ask("UBAN ADD bob")
    assert told[1:] == [":s NOTICE alice :It ended the connections of bob."]
    told = order.actors["alice"].ask("UBAN ADD 203.0.0.0/16")
    names = "p03, p04, p05, p06, p07, p08, p09, p10 and p11"
    assert told[1:] == [f":s NOTICE alice :It ended the connections of {names}."]


def test_of_many_names_ten_are_said():
    """ "Everything is bounded"."""
    names = [f"p{number:02}" for number in range(13)]
    assert administrating.ended_words(names) == (
        "It ended the connections of p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 3 others."
    )
    assert administrating.ended_words(names[:11]).endswith(" p08, p09 and 1 other.")
    assert administrating.ended_words([]) == ""


IPV6_HINT = "A person can change an IPv6 address within its network. To ban the whole network: 2001:db8:0:5::/64"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("2001:db8:0:5::7", [IPV6_HINT]),
        ("2001:db8:0:5::/64", []),
        ("fe80::7", []),  # the network has everybody on the same wire
        ("203.0.113.7", []),
        ("::ffff:203.0.113.7", []),
        ("bob", ["It ended the connections of bob."]),
    ],
)
def test_the_ban_of_an_ipv6_address_names_its_network(order, target, told):
    """ "One household or host usually gets a whole /64", so a banned person has a next address."""
    _, *after = order.actors["alice"].ask(f"UBAN ADD {target} 1h :x")
    assert after == [f":s NOTICE alice :{each}" for each in told]
