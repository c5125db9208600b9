"""``chat send``: send one message, and wait until the server has stored it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from chatapp.cli import scripts, streams
from chatapp.cli.progress import showing_progress
from chatapp.errors import ClientError

if TYPE_CHECKING:
    from chatapp.client.network.keeper import Keeper


@click.command()
@scripts.reaching(
    "How long all of it may take, from the moment when the text is known.", "30, and more for a long text"
)
@click.argument("target")
@click.argument("text", required=False)
def send(reach_of: Callable[[], scripts.Reach], target: str, text: str | None) -> int:
    """Send TEXT as NAME to TARGET, a person or a #channel; without TEXT, or with -, standard input.

    TEXT is sent as it is, whatever it begins with. Several lines, or a long one, are one message if the server can take
    it. The command ends with 0 only when the server has acknowledged that all of it is stored.

    Exit codes: 0 stored, 1 refused by the server, 2 usage, 3 cannot connect (nothing was sent), 4 sign-in failed, 5 the
    server's identity is unknown or has changed, 6 sent but not acknowledged (it may have arrived or not), 130
    interrupted.
    """
    to = scripts.parsed_target(target)
    text = _text(text)
    reach = reach_of()
    from chatapp.client.fronts.send import Sending, default_timeout_s
    from chatapp.client.fronts.sentences import absent

    within_s = reach.timeout_s or default_timeout_s(text)
    person = scripts.Person(reach)
    front = Sending(reach.session(), to, text, person.password, scripts.tell)

    async def work(keeper: Keeper) -> int:
        sent = await showing_progress(front.session, front.send(keeper, within_s, reach.spent_s))
        if sent.away:
            scripts.tell(absent(to, sent.away))
        return 0

    try:
        return scripts.run(person, front, work, within_s)
    except ClientError as error:
        raise front.ending(error) from None
    except KeyboardInterrupt:
        if front.delivery_unknown:
            scripts.tell(front.delivery_unknown)
        raise


def _text(text: str | None) -> str:
    """Return the text to send; read it from standard input if the argument is missing or ``-``.

    Raises click.UsageError if the text is too long, not UTF-8, or blank.
    """
    if text is None or text == "-":
        from chatapp.client.core.splitting import TEXT_BYTES_MAX

        data = streams.stdin().buffer.read(TEXT_BYTES_MAX + 1)
        if len(data) > TEXT_BYTES_MAX:
            raise click.UsageError(f"Nothing was sent: a text has {TEXT_BYTES_MAX} bytes at most.")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise click.UsageError("Nothing was sent: the text on standard input is not UTF-8.") from None
    if not text.strip():
        raise click.UsageError("Nothing was sent: there is no text.")
    return text
