"""One port for everything, with real sockets on the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import select
import socket
import sys
import time
from pathlib import Path

import pytest

from chatapp.config import Config, Listen
from chatapp.errors import ConfigError
from chatapp.protocol.addresses import is_loopback
from chatapp.server.edge import listener as module
from chatapp.server.edge.entrance import Security
from chatapp.server.edge.listener import Listener, bind
from chatapp.server.gateways import may_send_passwords
from tests.server.edge.test_client_hello import hello

PATIENCE_S = 60.0


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("2001:db8::1", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
    ],
)
def test_loopback(address, own):
    """This machine's own addresses, in each of their forms."""
    assert is_loopback(address) is own


@pytest.mark.parametrize(
    ("plaintext", "address", "may"),
    [
        ("any", "192.0.2.1", True),
        ("any", "127.0.0.1", True),
        ("loopback", "192.0.2.1", False),
        ("loopback", "127.0.0.1", True),
        ("never", "192.0.2.1", False),
        ("never", "127.0.0.1", False),
    ],
)
def test_who_may_speak_plainly(tmp_path, plaintext, address, may):
    """ "A password is accepted only over TLS or loopback", unless the owner says otherwise."""
    config = Config(listens=(Listen("", 0),), data=tmp_path, plaintext=plaintext)
    assert may_send_passwords(config, address) is may


def listening(host, port=0, **settings):
    """Listen on an address, as a server with these settings does."""
    return bind(Config(listens=(Listen(host, port),), data=Path("unused"), **settings))


def test_a_port_in_use():
    """In words, and nothing stays open."""
    (taken,) = listening("127.0.0.1")
    with contextlib.closing(taken):
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} is in use on 127.0.0.1"):
            listening("127.0.0.1", port)


def test_an_address_that_is_not_ours():
    """In words."""
    with pytest.raises(ConfigError, match=r"Cannot listen on 203\.0\.113\.1"):
        listening("203.0.113.1")


def test_all_addresses_have_one_port():
    """v4 and v6 alike, where the machine has both."""
    sockets = listening("")
    ports = {sock.getsockname()[1] for sock in sockets}
    families = [sock.family for sock in sockets]
    for sock in sockets:
        sock.close()
    assert len(ports) == 1
    assert families in ([socket.AF_INET, socket.AF_INET6], [socket.AF_INET])


class Client:
    """The other end of a connection."""

    def __init__(self, world, address, receive_bytes, source):
        self.world = world
        self.sock = socket.socket()
        if source is not None:
            self.sock.bind((source, 0))
        if receive_bytes is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.sock.connect(address)
        self.sock.setblocking(False)
        self.data = b""

    def say(self, *lines):
        """Send lines."""
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, text):
        """Let the server work until something was heard."""
        self.world.run(until(lambda: self._read() == "closed" or text in self.data, f"{text!r} in {self.data!r}"))
        assert text in self.data

    def until_closed(self):
        """Let the server work until it has closed the connection."""
        self.world.run(until(lambda: self._read() == "closed", "the end"))

    def _read(self):
        if not select.select([self.sock], [], [], 0)[0]:
            return None
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            return "closed"
        self.data += data
        return None if data else "closed"


async def until(happened, what):
    """Let the loop turn until something has happened."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give what they like")
def test_what_the_system_holds_for_a_connection_is_bounded():
    """Of what it is sent and of what it sends; Linux counts its own work in, so it gives twice as much."""
    (sock,) = listening("127.0.0.1")
    with contextlib.closing(sock), contextlib.closing(socket.create_connection(sock.getsockname())):
        sock.setblocking(True)
        accepted, _ = sock.accept()
        with contextlib.closing(accepted):
            options = [accepted.getsockopt(socket.SOL_SOCKET, each) for each in (socket.SO_RCVBUF, socket.SO_SNDBUF)]
    assert options == [2 * module.SYSTEM_RECEIVE_BUFFER_BYTES, 2 * module.SYSTEM_SEND_BUFFER_BYTES]


@pytest.fixture
def port(request, make_world, monkeypatch):
    """Listen; gives the world, and a function that connects. A parameter has settings, and constants of the module."""
    settings = {"rate_limits": False, "newcomers_max": 2, "silent_max": 2, "motd": ("Hi.",)}
    constants = {"SYSTEM_RECEIVE_BUFFER_BYTES": 65_536}
    for name, value in getattr(request, "param", {}).items():
        (constants if name.isupper() else settings)[name] = value
    for name, value in constants.items():
        monkeypatch.setattr(module, name, value)
    world = make_world(accounts="alice bob", **settings)
    (sock,) = listening("127.0.0.1")
    listener = world.listener = Listener(world.services, sock, lambda asks: None, world.sessions.begin)
    world.run(start(listener))
    clients: list[Client] = []

    def connect(receive_bytes=None, source=None):
        clients.append(Client(world, sock.getsockname(), receive_bytes, source))
        return clients[-1]

    yield world, connect
    for client in clients:
        client.sock.close()
    if not listener._closed:
        world.run(listener.stop())


def accepted(world, count):
    """Let the server accept so many, a few at a time."""
    for _ in range(count):
        world.advance(module.ACCEPT_PAUSE_S)
    world.run(until(lambda: len(world.listener._silent) == count, "their being accepted"))


def come(world, connect, count):
    """Let so many connect, and then say something, one after the other."""
    clients = [connect() for _ in range(count)]
    accepted(world, count)
    for number, client in enumerate(clients):
        client.say(f"PING {number}")
        world.run(until(lambda left=count - 1 - number: len(world.listener._silent) == left, "its first byte"))
    return clients


async def start(listener):
    """Start it, in the loop."""
    listener.start()


def test_a_conversation(port):
    """From the first byte to the last."""
    world, connect = port
    alice = connect()
    alice.say("PASS alice:sesame", "NICK alice", "USER a 0 * :a")
    alice.until(b" 001 alice ")
    alice.say("QUIT")
    alice.until_closed()
    assert b"ERROR :Bye." in alice.data
    world.run(until(lambda: not world.watch.sessions, "the session's end"))


def test_who_says_nothing_at_all(port):
    """Is dropped after a while, and the oldest of too many before."""
    world, connect = port
    clients = [connect() for _ in range(3)]
    clients[0].until_closed()
    world.advance(21)
    for client in clients[1:]:
        client.until_closed()
    assert world.watch.sessions == {}


@pytest.mark.parametrize("port", [{"silent_max": 100, "DROPS_AT_ONCE": 3}], indirect=True)
def test_many_who_say_nothing_at_all(port):
    """Are dropped a few at a time, so that others have their turns in between, but all in their time."""
    world, connect = port
    clients = [connect() for _ in range(7)]
    accepted(world, 7)
    world.advance(21)
    for client in clients:
        client.until_closed()


@pytest.mark.parametrize("port", [{"silent_max": 100, "ACCEPTS_AT_ONCE": 3}], indirect=True)
def test_a_storm_of_connections(port):
    """So many are accepted, then there is a pause, in which those who talk have their turns; nobody is forgotten."""
    world, connect = port
    clients = [connect() for _ in range(7)]
    world.run(until(lambda: world.listener._silent, "the first"))
    for count in (3, 6, 7):
        for _ in range(20):
            world.settle()
        assert len(world.listener._silent) == count
        world.advance(module.ACCEPT_PAUSE_S)
    for client in clients:
        client.say("PING 1")
        client.until(b"PONG s :1")


@pytest.mark.parametrize("port", [{"silent_max": 100, "DROPS_AT_ONCE": 2}], indirect=True)
def test_few_files_are_left(port):
    """Then who has said nothing for longest makes room for the next, before the system has none to give."""
    world, connect = port
    clients = [connect() for _ in range(3)]
    accepted(world, 3)
    world.listener._files_max = 0
    clients.append(connect())
    clients[0].until_closed()
    clients[1].until_closed()
    for client in clients[2:]:
        client.say("PING 1")
        client.until(b"PONG s :1")


LIMITED = {
    "rate_limits": True,
    "newcomers_max": 100,
    "silent_max": 100,
    "connects_per_address_burst": 2,
    "connects_per_address_per_s": 1.0,
    "connect_wait_s": 2.5,
}


@pytest.mark.parametrize("port", [LIMITED], indirect=True)
def test_many_connections_of_one_address(port):
    """ "A flood is slowed, then dropped": so many begin at once, then so many a second; who would wait long is dropped.

    What they have said meanwhile is not lost.
    """
    world, connect = port
    clients = come(world, connect, 5)
    for number in (0, 1):
        clients[number].until(b"PONG s :%d" % number)
    for number in (2, 3):
        assert len(world.watch.sessions) == number
        assert not clients[number].data
        world.advance(1.0)
        clients[number].until(b"PONG s :%d" % number)
    world.advance(1.0)
    clients[4].until_closed()
    assert not clients[4].data


@pytest.mark.parametrize("port", [LIMITED | {"newcomers_max": 2}], indirect=True)
def test_a_flood_of_one_address_shuts_out_no_other(port):
    """However many of one address wait for their turn, the first of another begins at once."""
    world, connect = port
    flood = come(world, connect, 6)
    for client in flood[4:]:
        client.until_closed()
    assert len(world.listener._held) == 2
    other = connect(source="127.0.0.2")
    other.say("PING 2")
    other.until(b"PONG s :2")


@pytest.mark.parametrize("port", [LIMITED | {"DROPS_AT_ONCE": 2}], indirect=True)
def test_few_files_are_left_by_a_flood(port):
    """Those who wait because too many of their address came make room first."""
    world, connect = port
    flood = come(world, connect, 4)
    flood[1].until(b"PONG s :1")
    assert len(world.listener._held) == 2
    world.listener._files_max = 0
    connect(source="127.0.0.2")
    for client in flood[2:]:
        client.until_closed()
    assert len(world.watch.sessions) == 2


@pytest.mark.parametrize("port", [LIMITED], indirect=True)
def test_stopping_while_connections_are_held(port):
    """They are closed like all others that have not begun."""
    world, connect = port
    clients = [connect() for _ in range(3)]
    for client in clients:
        client.say("PING 1")
    world.run(until(lambda: world.listener._held, "one that is held"))
    world.run(world.listener.stop())
    clients[2].until_closed()
    world.advance(3)
    assert len(world.watch.sessions) == 2


def test_hanging_up_with_bytes_unread(port):
    """What a client's system has not even taken, nobody has read: it is told again next time.

    The client closes its side in good order; the server sees its FIN while bytes are still to be acknowledged.
    """
    world, connect = port
    bob = connect(receive_bytes=1)
    bob.say("PASS bob:sesame", "NICK bob", "USER b 0 * :b")
    bob.until(b" 376 bob ")
    alice = world.enter("alice", "draft/chathistory")
    (session,) = world.services.presence.sessions(world.services.state.user_named("bob").uid)
    for number in range(200):  # more than its system takes from us while it does not read
        alice.ask(f"PRIVMSG bob :{number} {'x' * 450}")
    bob.sock.shutdown(socket.SHUT_WR)
    world.run(until(lambda: session.wire._session is None or session.closed, "the end"))
    bob.sock.close()
    world.run(until(lambda: session not in world.watch.sessions, "the session's end"))
    again = connect()
    again.say("PASS bob:sesame", "NICK bob", "USER b 0 * :b")
    again.until(b" :0 x")
    again.until(b" :199 x")


def test_hanging_up_after_having_read(port):
    """Everything had arrived, so nothing comes again."""
    world, connect = port
    bob = connect()
    bob.say("PASS bob:sesame", "NICK bob", "USER b 0 * :b")
    bob.until(b" 376 bob ")
    alice = world.enter("alice", "draft/chathistory")
    alice.ask("PRIVMSG bob :hi")
    bob.until(b"PRIVMSG bob :hi")
    bob.sock.close()
    world.run(until(lambda: len(world.watch.sessions) == 1, "the session's end"))
    again = connect()
    again.say("PASS bob:sesame", "NICK bob", "USER b 0 * :b", "PING end")
    again.until(b"PONG s :end")
    assert b"PRIVMSG bob" not in again.data


def test_no_more_files(port, monkeypatch):
    """When the system has no more sockets to give, it is said, and tried again."""
    world, connect = port

    def refuse(self):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket.socket, "accept", refuse)
    client = connect()
    world.run(until(lambda: world._complaints.texts, "a complaint"))
    assert len(world.complaints()) == 1
    monkeypatch.undo()
    world.advance(1)
    client.say("PING 1")
    client.until(b"PONG s :1")


def test_a_handshake_that_is_given_up_before_it_began(port):
    """Of too many handshakes the oldest makes room, and its socket is closed also where its turn never came."""
    world, _ = port

    async def three_at_once():
        pairs = [socket.socketpair() for _ in range(3)]
        for ours, _ in pairs:
            world.listener._let_in(ours, "127.0.0.1", Security(True))
        await until(lambda: pairs[0][0].fileno() == -1, "its being closed")
        return pairs

    for _, theirs in world.run(three_at_once()):
        theirs.close()


HELLO = hello()


@pytest.mark.parametrize(
    ("pieces", "security"),
    [
        ([b"PING"], Security(False)),
        ([HELLO], Security(True, True)),
        ([HELLO[:1], HELLO[1:7], HELLO[7:]], Security(True, True)),
        ([hello("h2")], Security(True)),
        ([hello("h2")[:100], hello("h2")[100:]], Security(True)),
    ],
)
def test_whom_the_server_asks_for_a_certificate(port, monkeypatch, pieces, security):
    """Every TLS client but a browser, also if its ClientHello comes in pieces: the server waits for all of it."""
    world, connect = port
    admitted = []
    monkeypatch.setattr(world.listener, "_admit", lambda sock, address, kind: (admitted.append(kind), sock.close()))
    client = connect()
    accepted(world, 1)
    (sock,) = world.listener._silent.oldest(1)
    for piece in pieces[:-1]:
        lowest = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        client.sock.sendall(piece)
        if piece == pieces[0]:
            world.run(until(lambda was=lowest: sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) > was, "a look"))
    assert admitted == []
    client.sock.sendall(pieces[-1])
    world.run(until(lambda: admitted, "its being admitted"))
    assert admitted == [security]


def test_a_client_hello_that_never_ends(port):
    """The connection counts as silent, and is dropped as one that sends nothing."""
    world, connect = port
    client = connect()
    accepted(world, 1)
    client.sock.sendall(HELLO[:20])
    world.advance(1)
    assert len(world.listener._silent) == 1
    world.advance(21)
    client.until_closed()


def test_a_client_hello_that_is_cut(port, monkeypatch):
    """A client that closes its side in the middle of it is not waited for."""
    world, connect = port
    admitted = []
    monkeypatch.setattr(world.listener, "_admit", lambda sock, address, kind: (admitted.append(kind), sock.close()))
    client = connect()
    accepted(world, 1)
    client.sock.sendall(HELLO[:20])
    client.sock.shutdown(socket.SHUT_WR)
    world.run(until(lambda: admitted, "its being admitted"))


_FEW = {"rate_limits": True, "silent_max": 100, "connects_per_address_burst": 1, "connects_per_address_per_s": 0.001}
_GATEWAY = {"webirc_gateways": ("127.0.0.1",), "webirc_password": "hunter2-hunter2"}


@pytest.mark.parametrize(
    ("port", "held"), [(_FEW, 2), ({**_FEW, **_GATEWAY}, 0)], indirect=["port"], ids=["people", "a gateway"]
)
def test_a_gateway_connects_as_often_as_it_likes(port, held):
    """Its connections are counted by the addresses of its clients (WEBIRC), not by its own."""
    world, connect = port
    come(world, connect, 3)
    assert len(world.listener._held) == held
