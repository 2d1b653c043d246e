"""
Socket Mode's connections: tickets, the handshake, hello, refreshes, and which connection the next envelope takes.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import json
import urllib.parse
import uuid
from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

from adapters.slack.emulator import state
from adapters.slack.emulator.connection import Connection
from adapters.slack.emulator.deliveries import Deliveries
from adapters.slack.emulator.faults import Fault, Faults
from adapters.slack.emulator.schedule import Clock, Schedule
from adapters.slack.emulator.workspace import Workspace

MOST_CONNECTIONS = 10
HOST = "applink-emulator"
DEBUG_CONNECTION_TIME = 360.0  # seconds, when the app adds `&debug_reconnects=true` to the URL
WARNING_TIME = 10.0  # seconds between "warning" and "refresh_requested"
DRAIN_TIME = 10.0  # seconds after "refresh_requested" until we close; clients leave by themselves long before


class SocketMode:
    """The ASGI endpoint at `/link/`, and the connections that came in through it."""

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        schedule: Schedule,
        *,
        clock: Clock,
        retry_delays: Sequence[float],
        ack_timeout: float,
        connection_time: float,
    ) -> None:
        self._workspace = workspace
        self._faults = faults
        self._schedule = schedule
        self._clock = clock
        self._connection_time = connection_time
        self._tickets: set[str] = set()
        self._admitted = 0
        self._turn = 0
        self.connections: list[Connection] = []
        self.deliveries = Deliveries(
            workspace,
            faults,
            schedule,
            clock=clock,
            pick=self._pick,
            retry_delays=retry_delays,
            ack_timeout=ack_timeout,
        )

    def new_ticket(self) -> str:
        """What opens one connection, once."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Shake hands, then carry frames until the connection ends."""
        await receive()
        query = urllib.parse.parse_qs(scope["query_string"].decode("latin-1"))
        if not self._take_ticket(query.get("ticket", [""])[0]):
            await send({"type": "websocket.close", "code": 1008})  # before the accept: HTTP 403
            return
        await send({"type": "websocket.accept"})
        if len(self.connections) >= MOST_CONNECTIONS:
            await send({"type": "websocket.send", "text": json.dumps(self._too_many())})
            await send({"type": "websocket.close", "code": 1000})
            return
        self._admitted += 1
        self._workspace.base_url = _address(scope)
        connection = Connection(self._admitted, self._clock())
        debug = query.get("debug_reconnects") == ["true"]
        self._admit(connection, DEBUG_CONNECTION_TIME if debug else self._connection_time)
        try:
            await connection.run(receive, send, self.deliveries.heard)
        finally:
            self._leave(connection)

    def refresh(self, connection: Connection, reason: str) -> None:
        """
        Send a `disconnect` frame.

        After "warning" all goes on as before. After "refresh_requested" nothing new goes through this connection, and
        we close it if the app has not. "link_disabled" closes at once.
        """
        connection.send({"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}})
        if reason == "warning":
            return
        connection.is_draining = True
        if reason == "link_disabled":
            connection.close()
        else:
            self._schedule.at(self._clock() + DRAIN_TIME, connection.close)

    def apply_faults(self) -> None:
        """The faults have changed: strike the connections that are open, and let the healed ones hear again."""
        with self._workspace.change():
            for connection in list(self.connections):
                self._strike(connection)
                if connection.deaf_by is not None and not self._faults.holds(connection.deaf_by):
                    connection.deaf_by = None
                    self.deliveries.release(connection)

    def disable(self) -> None:
        """Socket Mode has been switched off for the app."""
        for connection in list(self.connections):
            self.refresh(connection, "link_disabled")

    def close(self) -> None:
        """Close every connection."""
        for connection in self.connections:
            connection.close(1001)

    def describe(self) -> list[state.Json]:
        """The open connections, for `/human/state`."""
        return [
            {
                "id": each.number,
                "opened_at": each.opened_at,
                "is_draining": each.is_draining,
                "is_deaf": each.deaf_by is not None,
            }
            for each in self.connections
        ]

    def _take_ticket(self, ticket: str) -> bool:
        if ticket not in self._tickets:
            return False
        self._tickets.remove(ticket)
        return self._faults.strike("socket", "refuse_connect") is None

    def _admit(self, connection: Connection, connection_time: float) -> None:
        self.connections.append(connection)
        connection.send(self._hello(int(connection_time)))
        end = self._clock() + connection_time
        self._schedule.at(end - WARNING_TIME, lambda: self._refresh_if_open(connection, "warning"))
        self._schedule.at(end, lambda: self._refresh_if_open(connection, "refresh_requested"))
        with self._workspace.change():
            self._strike(connection)
            self.deliveries.pump()

    def _leave(self, connection: Connection) -> None:
        self.connections.remove(connection)
        self.deliveries.lose(connection)
        deaf = {each.deaf_by for each in self.connections}
        for fault in self._faults:
            if fault.kind == "deaf" and fault.times == 0 and fault.id not in deaf:
                self._faults.remove(fault.id)

    def _refresh_if_open(self, connection: Connection, reason: str) -> None:
        if connection in self.connections and not connection.is_draining:
            self.refresh(connection, reason)

    def _strike(self, connection: Connection) -> None:
        for fault in self._faults:
            concerns = fault.on == "socket" and fault.kind != "refuse_connect" and fault.id not in connection.struck_by
            if concerns and self._faults.use(fault):
                connection.struck_by.add(fault.id)
                self._damage(connection, fault)

    def _damage(self, connection: Connection, fault: Fault) -> None:
        match fault.kind:
            case "refresh":
                self.refresh(connection, fault.reason)
            case "close":
                connection.cut()
            case "deaf":
                connection.deaf_by = fault.id

    def _pick(self) -> Connection | None:
        """The next in turn. Slack promises no pattern; that each takes its share is the one a test can rely on."""
        able = [each for each in self.connections if not each.is_draining]
        self._turn += 1
        return able[self._turn % len(able)] if able else None

    def _hello(self, connection_time: int) -> state.Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": HOST, "build_number": 1, "approximate_connection_time": connection_time},
            "connection_info": {"app_id": self._workspace.state.bot.app_id},
        }

    def _too_many(self) -> state.Json:
        return {
            "type": "disconnect",
            "reason": "too_many_websockets",
            "num_connections": len(self.connections),
            "debug_info": {"host": HOST},
            "connection_info": {"app_id": self._workspace.state.bot.app_id},
        }


def _address(scope: Scope) -> str:
    """Under which address the app reached us, for the URLs that we put into payloads."""
    headers = dict(scope["headers"])
    scheme = {"ws": "http", "wss": "https"}[scope["scheme"]]
    return f"{scheme}://{headers[b'host'].decode('latin-1')}{scope.get('root_path', '')}"
