"""The schema of the log's file: an append-only list of steps, of which ``PRAGMA user_version`` counts those done.

A step that was released is never changed; a new form of the data is a new step at the end, and a frozen file of each
older version stands in ``tests/storage/data`` to be upgraded by a test.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from chatapp.errors import DataError, NewerDataError

APPLICATION_ID = 0x43484154  # "CHAT": tells our file from another program's

Step = tuple[str, ...]

STEPS: tuple[Step, ...] = (
    (
        # One row for each event. `event` is the event as proposed, for good. `time`, `stream` and `key` are as
        # applied: a refused event has neither stream nor key. `kind` is the event's, without version; that of a message
        # without text (TAGMSG) is tags-sent. `listed` is 1 for a message that the history index holds; the index is
        # brought up to date for many at once (see the table listed).
        """
        create table log (
            seq integer primary key,
            id text not null,
            time integer not null,
            stream text,
            kind text not null,
            key text,
            event text not null,
            listed integer
        )
        """,
        "create unique index log_id on log (id)",
        "create unique index log_key on log (key) where key is not null",
        "create index log_history on log (stream, time) where listed = 1",
        # One row: all messages up to `seq` are listed. Those behind it are few, and are looked through.
        "create table listed (seq integer not null)",
        "insert into listed values (0)",
        # The state that the events up to `seq` add up to; `checksum` is the CRC-32 of `state`.
        "create table snapshot (seq integer primary key, checksum integer not null, state blob not null)",
    ),
    (
        # To store an event is to add one row to `log`, and nothing else. What is asked for by anything but its place
        # is in `placed`, which is brought up to date for many at once: all up to `listed` are there. `time` and
        # `stream` are as applied; a refused event has no stream. `kind` is 1 for a message, 2 for one without text
        # (TAGMSG), and null for all that is no history.
        "alter table log rename to log_1",
        "create table log (seq integer primary key, event text not null)",
        "insert into log (seq, event) select seq, event from log_1 order by seq",
        """
        create table placed (
            seq integer primary key,
            id text not null,
            time integer not null,
            stream text,
            kind integer
        )
        """,
        """
        insert into placed (seq, id, time, stream, kind)
        select
            seq, id, time, stream,
            case when stream is not null then case kind when 'message-sent' then 1 when 'tags-sent' then 2 end end
        from log_1 order by seq
        """,
        # The keys of what took place, each once.
        "create table keys (key text primary key, seq integer not null) without rowid",
        "insert into keys (key, seq) select key, seq from log_1 where key is not null",
        "update listed set seq = (select coalesce(max(seq), 0) from log_1)",
        "drop table log_1",
        "create unique index placed_id on placed (id)",
        "create index placed_history on placed (stream, time) where kind is not null",
    ),
    (
        # The index has a row for many events, not for each (see index.py). `places` is a JSON array of the places of
        # some messages of a stream, one after the other, from `first` to `last`; `time` is the time of the first one.
        # `texts` and `tags` count those with and without a text (TAGMSG).
        """
        create table runs (
            stream text not null,
            time integer not null,
            first integer not null,
            last integer not null,
            texts integer not null,
            tags integer not null,
            places text not null,
            primary key (stream, time, first)
        ) without rowid
        """,
        # Some of the ids, each greater than all before its place; and all that were stored behind a greater one.
        "create table ids (id text primary key, seq integer not null) without rowid",
        "create table crossed (id text primary key, seq integer not null) without rowid",
        # What applying made of an event: a later time, or none where it was refused.
        "create table notes (seq integer primary key, time integer)",
        """
        insert into runs (stream, time, first, last, texts, tags, places)
        select stream, min(time), min(seq), max(seq), sum(kind = 1), sum(kind = 2), json_group_array(seq) from (
            select stream, time, seq, kind, (row_number() over (partition by stream order by time, seq) - 1) / 32 as run
            from placed where kind is not null and stream is not null
            order by stream, time, seq
        ) group by stream, run
        """,
        """
        insert into notes (seq, time)
        select seq, case when stream is not null then time end from placed join log using (seq)
        where stream is null or time <> json_extract(event, '$[2]')
        """,
        """
        insert into crossed (id, seq)
        select id, seq from (
            select id, seq, max(id) over (order by seq rows between unbounded preceding and 1 preceding) as greatest
            from (select json_extract(event, '$[1]') as id, seq from log)
        ) where id <= greatest
        """,
        """
        insert into ids (id, seq)
        select id, seq from placed where seq % 64 = 1 and seq not in (select seq from crossed)
        """,
        "drop table placed",
    ),
    (
        # Ids grow for each node that makes them, not for all together. Those that are listed by now were made before
        # there were nodes: their node is ''. After them comes a row with an id that is greater than any.
        "alter table ids rename to ids_3",
        """
        create table ids (
            node text not null,
            id text not null,
            seq integer not null,
            primary key (node, id)
        ) without rowid
        """,
        "insert into ids (node, id, seq) select '', id, seq from ids_3",
        "insert into ids (node, id, seq) select '', 'g', seq + 1 from listed where exists (select * from ids_3)",
        "drop table ids_3",
        # How many messages the runs have, and how many ids are known: a page that was not written is missed by that.
        "alter table listed add column messages integer not null default 0",
        "alter table listed add column ids integer not null default 0",
        """
        update listed set
            messages = (select coalesce(sum(texts + tags), 0) from runs), ids = (select count(*) from ids)
        """,
        # The places of events whose text was erased, as long as a file may still hold it. 0: the file is from before
        # SQLite wrote over what is deleted, and pages that are free may hold texts.
        "create table erasing (seq integer primary key)",
        "insert into erasing (seq) select 0 where exists (select * from log)",
    ),
)


def migrate(db: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Bring the file to the newest schema, in one transaction; a new file gets it whole.

    Raises NewerDataError when a newer version wrote it, DataError when it is not ours. Where the schema is already
    the newest, nothing is written.
    """
    if _version(db) == len(steps):
        return
    db.execute("begin immediate")
    try:
        for step in steps[_version(db) :]:
            for statement in step:
                db.execute(statement)
        db.execute(f"pragma application_id = {APPLICATION_ID}")
        db.execute(f"pragma user_version = {len(steps)}")
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def check(db: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Refuse a file that another program or a newer version wrote, before anything is changed in it.

    Raises NewerDataError or DataError.
    """
    (application_id,) = db.execute("pragma application_id").fetchone()
    version = _version(db)
    if application_id != APPLICATION_ID and not is_new(db):
        raise DataError("it is a database of another program")
    if version > len(steps):
        raise NewerDataError(f"it has data format {version}, and this version of chatapp knows {len(steps)} at most")


def is_new(db: sqlite3.Connection) -> bool:
    """Tell whether nobody has put anything into the file yet."""
    (application_id,) = db.execute("pragma application_id").fetchone()
    (tables,) = db.execute("select count(*) from sqlite_master").fetchone()
    return (application_id, _version(db), tables) == (0, 0, 0)


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("pragma user_version").fetchone()
    assert isinstance(version, int)
    return version
