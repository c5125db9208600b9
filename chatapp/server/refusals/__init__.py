"""Pure: the words of every refusal.

The server says them when it does not do what a client asks, when it does only a part of that, and when it ends a
connection.

Each refusal is one line of a file here, with a name and with its words. ``kinds`` has the forms:

- ``Numbered``: the answer is a numeric. ``protocol/numerics`` has its number.
- ``Standard``: the answer is a standard reply, ``FAIL verb code :words``; sometimes a WARN or a NOTE.
- A plain text: the words of an ERROR, which ends a connection; or words that go into the field ``{why}`` of another
  refusal, or into an exception whose text is for the client.

The words have ``{fields}``, which are filled in when something is refused. A command raises, for example,
``refusals.TOPIC_TOO_LONG.of(most=390)``; a parameter of the reply is given before the fields, as in
``refusals.NO_SUCH_CHANNEL.of("#garden")``. ``commands/refuse.py`` chooses the refusal for each reason for which the
model refuses an event.

====================  ===============================================================
``lines``             lines that are no command, and what any command may answer
``channels``          joining and leaving, modes, topics, keeping order
``messages``          sending, editing and erasing messages; reading the past
``accounts``          names, signing up and in, passwords, certificates
``tokens``            device tokens
``invitations``       invitations to the server
``metadata``          METADATA
``connections``       why a connection ends
``web``               HTTP and WebSockets
``administration``    bans and what else administrators do, here or with ``chat``
====================  ===============================================================

In the field ``{why}``, some refusals show the text of an exception of a lower layer: about a name, a password or a time
that cannot be used, or about a log that cannot store. These texts stand where they are raised: ``chat`` shows them too.
"""

from chatapp.server.refusals.accounts import *  # noqa: F403
from chatapp.server.refusals.administration import *  # noqa: F403
from chatapp.server.refusals.channels import *  # noqa: F403
from chatapp.server.refusals.connections import *  # noqa: F403
from chatapp.server.refusals.invitations import *  # noqa: F403
from chatapp.server.refusals.kinds import CommandRefused as CommandRefused
from chatapp.server.refusals.kinds import Numbered as Numbered
from chatapp.server.refusals.kinds import Standard as Standard
from chatapp.server.refusals.kinds import StandardRefused as StandardRefused
from chatapp.server.refusals.kinds import seconds as seconds
from chatapp.server.refusals.lines import *  # noqa: F403
from chatapp.server.refusals.messages import *  # noqa: F403
from chatapp.server.refusals.metadata import *  # noqa: F403
from chatapp.server.refusals.tokens import *  # noqa: F403
from chatapp.server.refusals.web import *  # noqa: F403
