"""
Events and interactions on their way to the app.

Slack wants each envelope acknowledged within 3 seconds (https://docs.slack.dev/apis/events-api#responding, and the same
for Socket Mode). What it does otherwise differs:

- An *event* comes again with the same event_id in a new envelope: at once, after a minute and after five more
  (https://docs.slack.dev/apis/events-api#retries). `retry_attempt` counts and `retry_reason` says "timeout" (seen in
  slackapi/python-slack-events-api#93). An event that happened while no connection was open first arrives as a retry
  (seen in vercel/chat#666).
- An *interaction* never comes again. The person who pressed sees a warning.

A delivery is `waiting` (for its time, or for a connection), `sent`, and in the end `acked` or `failed`. After a restart
what was `sent` counts as lost with its connection.
"""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Callable, Sequence

from adapters.slack.emulator import payloads, state
from adapters.slack.emulator.connection import Connection
from adapters.slack.emulator.faults import Faults
from adapters.slack.emulator.schedule import Clock, Schedule
from adapters.slack.emulator.workspace import Workspace

RETRY_REASON = "timeout"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the app said to an interaction."""

    is_acked: bool
    was_sent: bool = True
    payload: state.Json | None = None


class Deliveries:
    """Sends, hears acknowledgements, sends again."""

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        schedule: Schedule,
        *,
        clock: Clock,
        pick: Callable[[], Connection | None],
        retry_delays: Sequence[float],
        ack_timeout: float,
    ) -> None:
        self._workspace = workspace
        self._faults = faults
        self._schedule = schedule
        self._clock = clock
        self._pick = pick
        self._retry_delays = tuple(retry_delays)
        self._ack_timeout = ack_timeout
        self._waiting: dict[str, state.Delivery] = {}
        self._open: dict[str, tuple[state.Delivery, state.Attempt]] = {}
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._parked: dict[str, Connection] = {}
        """Deliveries that stay in the queue of a deaf connection."""
        self._resume()

    def publish(self, event: state.Json) -> None:
        """Send an event to the app."""
        now = self._clock()
        event_id = self._workspace.next_id("Ev", now)
        payload = payloads.wrapper(self._workspace, event, event_id=event_id, now=now)
        delivery = state.Delivery(
            id=event_id, type="events_api", payload=payload, channel=event["channel"], created=now, due=now
        )
        with self._workspace.change():
            self._workspace.state.deliveries[delivery.id] = delivery
            self._waiting[delivery.id] = delivery
            self.pump()

    def ask(
        self, build: Callable[[str], state.Json], *, channel: str | None, is_command: bool = False
    ) -> asyncio.Future[Answer]:
        """
        Send an interaction to the app.

        Args:
            build: From the address under which the app reaches us, the payload.

        Returns:
            The app's answer; not acknowledged if no connection is open or no acknowledgement comes in time.
        """
        now = self._clock()
        connection = self._pick()
        delivery = state.Delivery(
            id=self._workspace.next_id("Ix", now),
            type="slash_commands" if is_command else "interactive",
            payload=build(connection.base_url if connection is not None else ""),
            channel=channel,
            created=now,
            due=now,
        )
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        with self._workspace.change():
            self._workspace.state.deliveries[delivery.id] = delivery
            self._answers[delivery.id] = answer
            if connection is None:
                self._give_up(delivery)
            else:
                self._send(delivery, connection)
        return answer

    def pump(self) -> None:
        """Send what is due, as far as there are connections."""
        now = self._clock()
        due = [each for each in self._waiting.values() if each.due <= now and each.id not in self._parked]
        if not due:
            return
        with self._workspace.change():
            for delivery in due:
                connection = self._pick()
                if connection is not None:
                    self._send(delivery, connection)
                elif delivery.type == "events_api":
                    delivery.retry = max(delivery.retry, 1)
                else:
                    self._give_up(delivery)

    def heard(self, frame: state.Json) -> None:
        """An acknowledgement came in. One that nobody waits for, or no longer, changes nothing."""
        delivery, attempt = self._open.get(str(frame.get("envelope_id")), (None, None))
        if delivery is None or attempt is None or attempt.outcome != "open":
            return
        with self._workspace.change():
            attempt.acked_at = self._clock()
            attempt.answer = frame.get("payload")
            if self._faults.strike("envelope", "lose_ack", channel=delivery.channel):
                attempt.outcome = "ack_lost"
                return
            attempt.outcome = "acked"
            del self._open[attempt.envelope_id]
            delivery.status = "acked"
            self._settle(delivery, Answer(is_acked=True, payload=attempt.answer))

    def lose(self, connection: Connection) -> None:
        """A connection is gone, and with it the acknowledgements it might have brought."""
        lost = [pair for pair in self._open.values() if pair[1].connection == connection.number]
        with self._workspace.change():
            for delivery, attempt in lost:
                self._fail(delivery, attempt, "connection_lost")
            self.release(connection)

    def release(self, connection: Connection) -> None:
        """A deaf connection hears again, or is gone: what waited in its queue goes out."""
        self._parked = {key: held_by for key, held_by in self._parked.items() if held_by is not connection}
        self.pump()

    def _resume(self) -> None:
        for delivery in self._workspace.state.deliveries.values():
            if delivery.status not in ("sent", "waiting"):
                continue
            for attempt in delivery.attempts:
                if attempt.outcome == "open":
                    attempt.outcome = "connection_lost"
            if delivery.type == "events_api":
                delivery.status = "waiting"
                delivery.retry = min(len(delivery.attempts), len(self._retry_delays))
                delivery.due = delivery.created
                self._waiting[delivery.id] = delivery
            else:
                delivery.status = "failed"

    def _send(self, delivery: state.Delivery, connection: Connection) -> None:
        fault = None
        if not delivery.is_delayed:
            fault = self._faults.strike("envelope", "delay", channel=delivery.channel)
        if fault is not None:
            delivery.is_delayed = True
            delivery.due = self._clock() + fault.seconds
            self._waiting[delivery.id] = delivery
            self._schedule.at(delivery.due, self.pump)
            return
        if connection.deaf_by is not None and delivery.type == "events_api":
            self._parked[delivery.id] = connection
            return
        self._put(delivery, connection)
        if delivery.type == "events_api" and self._faults.strike("envelope", "duplicate", channel=delivery.channel):
            self._put(delivery, connection)

    def _put(self, delivery: state.Delivery, connection: Connection) -> None:
        now = self._clock()
        attempt = state.Attempt(
            envelope_id=str(uuid.uuid4()),
            connection=connection.number,
            at=now,
            retry_attempt=delivery.retry,
            retry_reason=RETRY_REASON if delivery.retry else "",
        )
        delivery.attempts.append(attempt)
        delivery.status = "sent"
        self._waiting.pop(delivery.id, None)
        self._open[attempt.envelope_id] = (delivery, attempt)
        self._schedule.at(now + self._ack_timeout, lambda: self._expire(attempt.envelope_id))
        if connection.deaf_by is None:
            connection.send(_envelope(delivery, attempt))

    def _expire(self, envelope_id: str) -> None:
        if envelope_id in self._open:
            with self._workspace.change():
                self._fail(*self._open[envelope_id], "timeout")
                self.pump()

    def _fail(self, delivery: state.Delivery, attempt: state.Attempt, outcome: str) -> None:
        del self._open[attempt.envelope_id]
        if attempt.outcome == "open":
            attempt.outcome = "timeout" if outcome == "timeout" else "connection_lost"
        still_hoping = any(each.envelope_id in self._open for each in delivery.attempts)
        if delivery.status != "sent" or still_hoping:
            return
        if delivery.type != "events_api" or attempt.retry_attempt >= len(self._retry_delays):
            self._give_up(delivery)
            return
        delivery.due = self._clock() + self._retry_delays[attempt.retry_attempt]
        delivery.retry = attempt.retry_attempt + 1
        delivery.status = "waiting"
        self._waiting[delivery.id] = delivery
        self._schedule.at(delivery.due, self.pump)

    def _give_up(self, delivery: state.Delivery) -> None:
        delivery.status = "failed"
        self._waiting.pop(delivery.id, None)
        self._settle(delivery, Answer(is_acked=False, was_sent=bool(delivery.attempts)))

    def _settle(self, delivery: state.Delivery, answer: Answer) -> None:
        waiting = self._answers.pop(delivery.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


def _envelope(delivery: state.Delivery, attempt: state.Attempt) -> state.Json:
    """The frame: https://docs.slack.dev/apis/events-api/using-socket-mode#events."""
    frame: state.Json = {
        "envelope_id": attempt.envelope_id,
        "payload": delivery.payload,
        "type": delivery.type,
        "accepts_response_payload": delivery.type == "slash_commands" or delivery.payload["type"] == "view_submission",
    }
    if delivery.type == "events_api":
        frame |= {"retry_attempt": attempt.retry_attempt, "retry_reason": attempt.retry_reason}
    return frame
