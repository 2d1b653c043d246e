"""
Events and interactions on their way to the app.

They go through a Socket Mode connection, or to the app's Request URL where it has one. Slack wants each acknowledged
within 3 seconds (https://docs.slack.dev/apis/events-api#responding, and the same for Socket Mode). What it does
otherwise differs:

- An *event* comes again with the same event_id: at once, after a minute and after five more
  (https://docs.slack.dev/apis/events-api#retries). Socket Mode counts in `retry_attempt`, and `retry_reason` says
  "timeout" (seen in slackapi/python-slack-events-api#93); HTTP has headers for the two, and more reasons. An event that
  happened while there was no way to the app first arrives as a retry (seen in vercel/chat#666).
- An *interaction* never comes again. The person who pressed sees a warning.

A delivery is `waiting` (for its time, or for a connection), `sent`, and in the end `acked` or `failed`. After a restart
what was `sent` counts as lost with its connection.
"""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from adapters.slack.emulator import payloads, state
from adapters.slack.emulator.connection import Connection
from adapters.slack.emulator.faults import Faults
from adapters.slack.emulator.request_url import NUMBER, RequestUrl
from adapters.slack.emulator.schedule import Clock, Schedule
from adapters.slack.emulator.workspace import Workspace

RETRY_REASON = "timeout"
HOUR = 3600.0  # seconds in which `event_limit` events may come


class Way(Protocol):
    """How a delivery reaches the app: a connection, or the Request URL."""

    number: int

    def carry(self, delivery: state.Delivery, attempt: state.Attempt) -> None: ...


@dataclasses.dataclass(frozen=True)
class Answer:
    """
    What the app said to an interaction.

    Attributes:
        outcome: "acked"; what became of the one attempt otherwise; None where nothing could be sent.
        payload: The object in the acknowledgement, or the words where there was another body than that.
    """

    outcome: state.Outcome | None
    payload: state.Json | str | None = None

    @property
    def is_acked(self) -> bool:
        """Whether the app took it."""
        return self.outcome == "acked"


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
        self._request_url: RequestUrl | None = None
        self._waiting: dict[str, state.Delivery] = {}
        self._open: dict[str, tuple[state.Delivery, state.Attempt]] = {}
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._parked: dict[str, Connection] = {}
        """Deliveries that stay in the queue of a deaf connection."""
        self._recent: deque[float] = deque()
        """When the events of the last hour were sent."""
        self._limited_minute = -1
        self._resume()

    @property
    def request_url(self) -> RequestUrl | None:
        """The app's Request URL; without one it is in Socket Mode."""
        return self._request_url

    def deliver_to(self, url: str | None) -> None:
        """Send everything to that address from now on, or with None through the connections."""
        self.close()
        self._request_url = None
        if url is not None:
            self._request_url = RequestUrl(
                url, self, self._workspace, self._schedule, clock=self._clock, timeout=self._ack_timeout
            )

    def close(self) -> None:
        """End the requests under way."""
        if self._request_url is not None:
            self._request_url.close()

    def publish(self, event: state.Json) -> None:
        """
        Send an event to the app.

        Over the limit of an hour it is lost; `app_rate_limited` comes once for each minute of that.
        """
        now = self._clock()
        while self._recent and self._recent[0] <= now - HOUR:
            self._recent.popleft()
        if len(self._recent) < self._workspace.state.event_limit:
            self._recent.append(now)
            event_id = self._workspace.next_id("Ev", now)
            payload = payloads.wrapper(self._workspace, event, event_id=event_id, now=now)
            self._queue(event_id, payload, event["channel"], now)
        elif int(now) // 60 != self._limited_minute:
            self._limited_minute = int(now) // 60
            self._queue(self._workspace.next_id("Ev", now), payloads.rate_limited(self._workspace, now), None, now)

    def _queue(self, event_id: str, payload: state.Json, channel: str | None, now: float) -> None:
        delivery = state.Delivery(
            id=event_id, type="events_api", payload=payload, channel=channel, created=now, due=now
        )
        with self._workspace.change():
            self._workspace.state.deliveries[delivery.id] = delivery
            self._waiting[delivery.id] = delivery
            self.pump()

    def ask(self, payload: state.Json, *, channel: str | None, is_command: bool = False) -> asyncio.Future[Answer]:
        """
        Send an interaction to the app.

        Returns:
            The app's answer; not acknowledged if there is no way to the app or no acknowledgement comes in time.
        """
        now = self._clock()
        way = self._way()
        delivery = state.Delivery(
            id=self._workspace.next_id("Ix", now),
            type="slash_commands" if is_command else "interactive",
            payload=payload,
            channel=channel,
            created=now,
            due=now,
        )
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        with self._workspace.change():
            self._workspace.state.deliveries[delivery.id] = delivery
            self._answers[delivery.id] = answer
            if way is None:
                self._give_up(delivery)
            else:
                self._send(delivery, way)
        return answer

    def pump(self) -> None:
        """Send what is due, as far as there is a way."""
        now = self._clock()
        due = [each for each in self._waiting.values() if each.due <= now and each.id not in self._parked]
        if not due:
            return
        with self._workspace.change():
            for delivery in due:
                way = self._way()
                if way is not None:
                    self._send(delivery, way)
                elif delivery.type == "events_api":
                    delivery.retry = max(delivery.retry, 1)
                    delivery.retry_reason = RETRY_REASON if self._request_url is None else "connection_failed"
                else:
                    self._give_up(delivery)

    def heard(self, frame: state.Json) -> None:
        """A frame came in through a connection."""
        self.answered(str(frame.get("envelope_id")), frame.get("payload"))

    def answered(self, envelope_id: str, answer: state.Json | str | None) -> None:
        """An acknowledgement came in. One that nobody waits for, or no longer, changes nothing."""
        delivery, attempt = self._open.get(envelope_id, (None, None))
        if delivery is None or attempt is None or attempt.outcome != "open":
            return
        with self._workspace.change():
            attempt.acked_at = self._clock()
            attempt.answer = answer
            if self._faults.strike("envelope", "lose_ack", channel=delivery.channel):
                attempt.outcome = "ack_lost"
                return
            attempt.outcome = "acked"
            del self._open[attempt.envelope_id]
            delivery.status = "acked"
            self._settle(delivery, Answer("acked", attempt.answer))

    def failed(self, envelope_id: str, outcome: state.Outcome, *, again: bool) -> None:
        """A request failed; `again` says whether the app wants the event once more."""
        if envelope_id in self._open:
            with self._workspace.change():
                self._fail(*self._open[envelope_id], outcome, again=again)
                self.pump()

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

    def _way(self) -> Way | None:
        if self._request_url is not None:
            return self._request_url if self._request_url.is_verified else None
        return self._pick()

    def _resume(self) -> None:
        for delivery in self._workspace.state.deliveries.values():
            if delivery.status not in ("sent", "waiting"):
                continue
            for attempt in delivery.attempts:
                if attempt.outcome == "open":
                    attempt.outcome = "connection_lost"
                    delivery.retry_reason = _reason(attempt, "timeout")
            if delivery.type == "events_api":
                delivery.status = "waiting"
                delivery.retry = min(len(delivery.attempts), len(self._retry_delays))
                delivery.due = delivery.created
                self._waiting[delivery.id] = delivery
            else:
                delivery.status = "failed"

    def _send(self, delivery: state.Delivery, way: Way) -> None:
        fault = None
        if not delivery.is_delayed:
            fault = self._faults.strike("envelope", "delay", channel=delivery.channel)
        if fault is not None:
            delivery.is_delayed = True
            delivery.due = self._clock() + fault.seconds
            self._waiting[delivery.id] = delivery
            self._schedule.at(delivery.due, self.pump)
            return
        if isinstance(way, Connection) and way.deaf_by is not None and delivery.type == "events_api":
            self._parked[delivery.id] = way
            return
        self._put(delivery, way)
        if delivery.type == "events_api" and self._faults.strike("envelope", "duplicate", channel=delivery.channel):
            self._put(delivery, way)

    def _put(self, delivery: state.Delivery, way: Way) -> None:
        now = self._clock()
        attempt = state.Attempt(
            envelope_id=str(uuid.uuid4()),
            connection=way.number,
            at=now,
            retry_attempt=delivery.retry,
            retry_reason=delivery.retry_reason if delivery.retry else "",
        )
        delivery.attempts.append(attempt)
        delivery.status = "sent"
        self._waiting.pop(delivery.id, None)
        self._open[attempt.envelope_id] = (delivery, attempt)
        self._schedule.at(now + self._ack_timeout, lambda: self._expire(attempt.envelope_id))
        if not self._faults.strike("envelope", "drop", channel=delivery.channel):
            way.carry(delivery, attempt)

    def _expire(self, envelope_id: str) -> None:
        self.failed(envelope_id, "timeout", again=True)

    def _fail(
        self, delivery: state.Delivery, attempt: state.Attempt, outcome: state.Outcome, *, again: bool = True
    ) -> None:
        del self._open[attempt.envelope_id]
        if attempt.outcome == "open":
            attempt.outcome = outcome
        still_hoping = any(each.envelope_id in self._open for each in delivery.attempts)
        if delivery.status != "sent" or still_hoping:
            return
        if delivery.type != "events_api" or attempt.retry_attempt >= len(self._retry_delays) or not again:
            self._give_up(delivery)
            return
        delivery.due = self._clock() + self._retry_delays[attempt.retry_attempt]
        delivery.retry = attempt.retry_attempt + 1
        delivery.retry_reason = _reason(attempt, outcome)
        delivery.status = "waiting"
        self._waiting[delivery.id] = delivery
        self._schedule.at(delivery.due, self.pump)

    def _give_up(self, delivery: state.Delivery) -> None:
        delivery.status = "failed"
        self._waiting.pop(delivery.id, None)
        self._settle(delivery, Answer(delivery.attempts[-1].outcome if delivery.attempts else None))

    def _settle(self, delivery: state.Delivery, answer: Answer) -> None:
        waiting = self._answers.pop(delivery.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


def _reason(attempt: state.Attempt, outcome: state.Outcome) -> str:
    """What a retry says of the attempt before: in Socket Mode always the same."""
    if attempt.connection != NUMBER:
        return RETRY_REASON
    return "http_timeout" if outcome == "timeout" else outcome
