"""The schema of the log's file: an append-only list of steps.

``PRAGMA user_version`` is the number of steps that a file has. A released step is never changed; a new form of the data
is a new step at the end. ``tests/storage/data`` has a frozen file of each older version, which a test upgrades.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from zlib import crc32

from chatapp.errors import DataError, NewerDataError
from chatapp.storage.checksums import checksums_of
from chatapp.storage.sums import sum_of

APPLICATION_ID = 0x43484154  # "CHAT": distinguishes our file from other programs' files

Step = tuple[str, ...]

STEPS: tuple[Step, ...] = (
    (
        # One row for each event. `event` is the event as proposed; it never changes. `time`, `stream` and `key` are as
        # applied: a refused event has neither stream nor key. `kind` is the event's kind without its version; a message
        # without text (TAGMSG) has the kind tags-sent. `listed` is 1 for a message that is in the history index; many
        # messages are added to the index at once (see the table listed).
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
        # One row: all messages up to position `seq` are listed. The messages after it are few; a query reads them all.
        "create table listed (seq integer not null)",
        "insert into listed values (0)",
        # The state after the event at position `seq`; `checksum` is the CRC-32 of `state`.
        "create table snapshot (seq integer primary key, checksum integer not null, state blob not null)",
    ),
    (
        # Storing an event adds one row to `log` and nothing else. Queries by anything but the position use `placed`,
        # to which many events are added at once: it has all events up to `listed`. `time` and `stream` are as applied;
        # a refused event has no stream. `kind` is 1 for a message, 2 for a message without text (TAGMSG), and null for
        # events that are not history.
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
        # The idempotency keys of events that were not refused, each once.
        "create table keys (key text primary key, seq integer not null) without rowid",
        "insert into keys (key, seq) select key, seq from log_1 where key is not null",
        "update listed set seq = (select coalesce(max(seq), 0) from log_1)",
        "drop table log_1",
        "create unique index placed_id on placed (id)",
        "create index placed_history on placed (stream, time) where kind is not null",
    ),
    (
        # A row of the index is for many events (see index.py). `places` is a JSON array of the positions of consecutive
        # messages of a stream, from `first` to `last`; `time` is the time of the first message. `texts` counts the
        # messages with a text, `tags` those without (TAGMSG).
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
        # `ids` has some of the ids, each greater than the ids of all earlier events. `crossed` has every id that was
        # stored after a greater id.
        "create table ids (id text primary key, seq integer not null) without rowid",
        "create table crossed (id text primary key, seq integer not null) without rowid",
        # What applying changed about an event: its later time, or null if it was refused.
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
        # The ids of each node grow, but not the ids of all nodes together. Ids that are listed by now are from before
        # there were nodes: their node is ''. A last row with node '' has the id 'g', which is greater than any id.
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
        # The number of messages in `runs` and the number of rows in `ids`: they show that a page was not written.
        "alter table listed add column messages integer not null default 0",
        "alter table listed add column ids integer not null default 0",
        """
        update listed set
            messages = (select coalesce(sum(texts + tags), 0) from runs), ids = (select count(*) from ids)
        """,
        # The positions of messages whose text was erased, while a file may still hold the text. A row 0 means: the file
        # is from before SQLite overwrote deleted content (secure_delete), so its free pages may hold texts.
        "create table erasing (seq integer primary key)",
        "insert into erasing (seq) select 0 where exists (select * from log)",
    ),
    (
        # The positions of the remarks about a message (`target` is its msgid): edits (`edit` is 1) and reactions.
        """
        create table remarks (
            target text not null,
            edit integer not null,
            seq integer not null,
            primary key (target, edit, seq)
        ) without rowid
        """,
        """
        insert into remarks (target, edit, seq)
        select target, 0, seq from (
            select seq, coalesce(
                nullif(json_extract(event, '$[10]."+reply"'), ''), json_extract(event, '$[10]."+draft/reply"')
            ) as target
            from log left join notes using (seq)
            where seq <= (select seq from listed)
                and json_extract(event, '$[0]') like 'message-sent/%' and json_extract(event, '$[7]') = 'TAGMSG'
                and coalesce(
                    json_extract(event, '$[10]."+draft/react"'), json_extract(event, '$[10]."+draft/unreact"')
                ) is not null
                and (notes.seq is null or notes.time is not null)
        ) where target <> ''
        """,
        # The number of rows in `remarks`, as `messages` and `ids`.
        "alter table listed add column remarks integer not null default 0",
        "update listed set remarks = (select count(*) from remarks)",
    ),
    (
        # `texts` does not count CTCP (other than ACTION) any more: pages leave it out.
        """
        update runs set texts = texts - (
            select count(*) from json_each(places) as place cross join log on log.seq = place.value
            where instr(event, '"\\u0001') and json_extract(event, '$[0]') like 'message-sent/%'
                and json_extract(event, '$[9]') glob char(1) || '*'
                and json_extract(event, '$[9]') not glob char(1) || 'ACTION*'
        ) where texts > 0
        """,
        "update listed set messages = (select coalesce(sum(texts + tags), 0) from runs)",
    ),
    (
        # The CRC-32 of an event's text, begun with its position: 4 bytes, the lowest byte first.
        "alter table log add column checksum blob not null default x''",
        "update log set checksum = event_checksum(cast(event as blob), seq)",
        # Instead of the numbers of rows: for each table, the sum of the CRC-32 of its rows (sums.py), and the sum of
        # all columns.
        "alter table listed rename to listed_6",
        """
        create table listed (
            seq integer not null,
            runs integer not null default 0,
            ids integer not null default 0,
            crossed integer not null default 0,
            notes integer not null default 0,
            remarks integer not null default 0,
            total integer not null default 0
        )
        """,
        """
        insert into listed (seq, runs, ids, crossed, notes, remarks)
        select
            seq,
            (
                select coalesce(sum(text_crc(
                    stream || places || (time * 8191 + first * 4097 + last * 131 + texts * 37 + tags)
                )), 0) from runs
            ),
            (select coalesce(sum(row_sum('ids', node, id, seq)), 0) from ids),
            (select coalesce(sum(row_sum('crossed', id, seq)), 0) from crossed),
            (select coalesce(sum(row_sum('notes', seq, time)), 0) from notes),
            (select coalesce(sum(row_sum('remarks', target, edit, seq)), 0) from remarks)
        from listed_6
        """,
        "update listed set total = seq + runs + ids + crossed + notes + remarks",
        "drop table listed_6",
    ),
    (
        # The table `runs` has two other sums (sums.py). First its rows must agree with the old sum.
        """
        select must_agree(runs, (
            select sum(text_crc(
                stream || places || (time * 8191 + first * 4097 + last * 131 + texts * 37 + tags)
            )) from runs
        )) from listed
        """,
        "alter table listed rename to listed_7",
        """
        create table listed (
            seq integer not null,
            runs integer not null default 0,
            places integer not null default 0,
            ids integer not null default 0,
            crossed integer not null default 0,
            notes integer not null default 0,
            remarks integer not null default 0,
            total integer not null default 0
        )
        """,
        """
        insert into listed (seq, runs, places, ids, crossed, notes, remarks)
        select
            seq,
            (select coalesce(sum(row_sum('runs', stream, time, first, last, texts, tags, places)), 0) from runs),
            (select coalesce(sum(row_sum('places', stream, time, first, last, texts, tags, places)), 0) from runs),
            ids, crossed, notes, remarks
        from listed_7
        """,
        "update listed set total = seq + runs + places + ids + crossed + notes + remarks",
        "drop table listed_7",
    ),
)


def migrate(db: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Apply the missing ``steps`` to the file, or all steps to a new file, in one transaction.

    Writes nothing when the file has all steps. Call :func:`check` first: this function refuses no file by itself.
    Raises sqlite3.Error, and then nothing has changed.
    """
    if _version(db) == len(steps):
        return
    db.create_function("event_checksum", 2, lambda event, seq: checksums_of([event], [seq]), deterministic=True)
    db.create_function("text_crc", 1, lambda text: crc32(str(text).encode()), deterministic=True)
    db.create_function("must_agree", 2, _must_agree)
    db.create_function("row_sum", -1, lambda table, *row: sum_of(table, [row]), deterministic=True)
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


def _must_agree(kept: int, found: int | None) -> None:
    """Raise an error, so that the step fails, if rows do not agree with their sum."""
    if kept != (found or 0):
        raise ValueError("rows of the index are missing, or have changed")


def check(db: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Check that this version can use the file, before anything is changed in it.

    Raises DataError for a database of another program, and NewerDataError for a newer data format.
    """
    (application_id,) = db.execute("pragma application_id").fetchone()
    version = _version(db)
    if application_id != APPLICATION_ID and not is_new(db):
        raise DataError("it is a database of another program")
    if version > len(steps):
        raise NewerDataError(f"it has data format {version}, and this version of chatapp knows {len(steps)} at most")


def is_current(db: sqlite3.Connection) -> bool:
    """Return whether the file has the data format of this version."""
    return _version(db) == len(STEPS)


def is_new(db: sqlite3.Connection) -> bool:
    """Return whether the file is an empty database."""
    (application_id,) = db.execute("pragma application_id").fetchone()
    (tables,) = db.execute("select count(*) from sqlite_master").fetchone()
    return (application_id, _version(db), tables) == (0, 0, 0)


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("pragma user_version").fetchone()
    assert isinstance(version, int)
    return version
