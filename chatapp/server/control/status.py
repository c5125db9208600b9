"""The request ``status``: figures about the running server, and a list of the connected users."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatapp import __version__
from chatapp.protocol.timestamps import format_time
from chatapp.server.services import Services
from chatapp.server.session.session import sessions_of
from chatapp.server.watch import SessionWatch
from chatapp.storage.database import free_bytes

_USERS_IN_A_TURN = 200  # users listed in one turn of the event loop


async def status(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connected users with their sessions, messages in the last minute, log position, disk and uptime."""
    services = watch.services
    disk = await asyncio.to_thread(_disk, services.config.log_path)
    here = await _here(watch.services)
    state, activity = services.state, services.activity
    return {
        "version": __version__,
        "name": services.config.network_name,
        "pid": os.getpid(),
        "started": format_time(services.started_ms),
        "uptime_s": round(activity.uptime_s()),
        "addresses": services.addresses,
        "sign_up": services.settings.sign_up,
        "accounts": sum(not user.guest for user in state.users.values()),
        "here": here,
        "connections": len(watch.sessions),
        "signing_in": watch.signing_in,
        "messages_last_minute": activity.messages_last_minute(),
        "log_position": state.position,
        **disk,
    }


async def _here(services: Services) -> list[dict[str, Any]]:
    """Return the connected users with their sessions, the longest connected user first."""
    here: list[dict[str, Any]] = []
    for count, uid in enumerate(services.presence.uids(), 1):
        user, sessions = services.state.users.get(uid), sessions_of(services, uid)
        if user is not None and sessions:
            here.append(
                {
                    "name": user.name,
                    "guest": user.guest,
                    "since": format_time(min(session.since_ms for session in sessions)),
                    "sessions": [
                        {
                            "since": format_time(session.since_ms),
                            "address": session.wire.address,
                            "tls": session.wire.tls,
                        }
                        for session in sessions
                    ],
                }
            )
        if count % _USERS_IN_A_TURN == 0:
            await services.round_robin.wait()
    return sorted(here, key=lambda user: str(user["since"]))


def _disk(log_path: Path) -> dict[str, int]:
    """Return the size of the log and the free space of its disk, in bytes (in a thread)."""
    files = [log_path, log_path.with_name(log_path.name + "-wal")]
    log_bytes = sum(path.stat().st_size for path in files if path.exists())
    return {"log_bytes": log_bytes, "disk_free_bytes": free_bytes(log_path.parent)}
