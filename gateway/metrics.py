"""
What is measured, for Prometheus: in a registry of this gateway's own.

Counters and histograms are fed where things happen; what the store and the channels can tell at any time is asked when
somebody looks. Labels are channels, accounts, agents, tools and words of ours: never a person, a conversation or an id.
docs/operating.md lists them all; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent_core import context, events
from agent_core.addresses import parse
from agent_core.log import Record
from agent_core.requests import DOUBT_ENDS
from gateway.admission import Admission
from gateway.health import Health
from gateway.store.base import Counts, Fate
from gateway.store.rows import Delivery

VENDOR = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
PEOPLE = (10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800)  # seconds
DISK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)  # seconds
BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """
    What is measured.

    Args:
        stuck: Say which conversations are set aside.
    """

    def __init__(self, health: Health, admission: Admission, stuck: Callable[[], Sized]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        self.registry, self._standing = registry, Standing(health, admission, stuck)
        registry.register(self._standing)

        def counter(name: str, help: str, *labels: str) -> Counter:  # noqa: A002
            return Counter(f"ringback_{name}", help, labels, registry=registry)

        def histogram(name: str, help: str, buckets: Iterable[float], *labels: str) -> Histogram:  # noqa: A002
            return Histogram(f"ringback_{name}", help, labels, buckets=tuple(buckets), registry=registry)

        self._deliveries = counter("deliveries", "Fates of tries to send.", "channel", "kind", "status")
        self._sending = histogram("delivery_duration_seconds", "Calls that the vendor took.", VENDOR, "channel")
        self._settled = counter("requests_settled", "Requests that ended.", "outcome")
        self._answered = histogram("request_answer_seconds", "From the question to the answer.", PEOPLE)
        self._granted = counter("requests_granted", "Requests that a standing grant settled.")
        self._tools = counter("tool_calls", "Attempts of tools that ended.", "tool", "outcome")
        self._models = counter("model_calls", "Answers of models that were taken in.", "agent")
        self._runs = counter("runs_ended", "Runs that ended.", "agent", "outcome")
        self._commits = histogram("commit_duration_seconds", "Commits of the store.", DISK)
        self._batches = histogram("commit_batch_size", "Writes in one commit of the store.", BATCH)

    def tried(self, delivery: Delivery, fate: Fate, seconds: float | None) -> None:
        """A delivery was tried (`seconds` is how long the call took) or looked for."""
        channel = parse(delivery.conversation).channel
        self._deliveries.labels(channel, delivery.kind, fate.status).inc()
        if seconds is not None and fate.status == "sent":
            self._sending.labels(channel).observe(seconds)

    def decided(self, record: Record, agent: str, opened: events.RequestOpened | None) -> None:
        """An event of a run became true. `opened` is the request that it settles."""
        match record.event:
            case events.RequestSettled(settlement=settlement):
                self._settled.labels(settlement.outcome).inc()
                if settlement.grant:
                    self._granted.inc()
                elif settlement.outcome in DOUBT_ENDS and opened is not None:
                    self._answered.observe(max(0.0, settlement.at - opened.request.opened_at))
            case events.ToolFinished(key=key, ok=ok, kind=kind):
                self._tools.labels(context.tool_of(key), "ok" if ok else kind).inc()
            case events.ModelAnswered() | events.HistorySummarised():
                self._models.labels(agent).inc()
            case events.RunEnded(outcome=outcome):
                self._runs.labels(agent, outcome).inc()

    def committed(self, writes: int, seconds: float) -> None:
        """The store committed a batch."""
        self._commits.observe(seconds)
        self._batches.observe(writes)

    def exposition(self, counts: Counts) -> bytes:
        """Write everything down in Prometheus' text format, with what the store counts now."""
        self._standing.counts = counts
        return generate_latest(self.registry)


class Standing(Collector):
    """How things stand when somebody looks."""

    def __init__(self, health: Health, admission: Admission, stuck: Callable[[], Sized]) -> None:
        self._health, self._admission, self._stuck = health, admission, stuck
        self.counts = Counts({}, 0, {})

    def collect(self) -> Iterator[Metric]:
        appended = CounterMetricFamily("ringback_events_appended", "Facts from channels, stored.", labels=["channel"])
        for channel, times in self._health.appended.items():
            appended.add_metric([channel], times)
        yield appended
        refused = CounterMetricFamily(
            "ringback_webhooks_refused", "What was not taken in.", labels=["channel", "reason"]
        )
        for (channel, reason), times in self._health.refusals_by_channel().items():
            refused.add_metric([channel, reason], times)
        yield refused
        waiting = {"disk": self._admission.waiting, "decision": self._admission.undecided}
        yield _gauge("ringback_facts_waiting", "Facts not stored yet, and not decided yet.", "for", waiting)
        yield from self._channels()
        yield _gauge("ringback_threads", "Threads that have not ended.", "status", self.counts.threads)
        yield GaugeMetricFamily("ringback_requests_open", "Requests that wait for people.", value=self.counts.requests)
        yield _gauge("ringback_deliveries_waiting", "Deliveries not sent yet.", "status", self.counts.deliveries)
        yield GaugeMetricFamily(
            "ringback_conversations_stuck", "Conversations set aside by a fault of ours.", value=len(self._stuck())
        )

    def _channels(self) -> Iterator[Metric]:
        channels = self._health.channels
        up = {account: float(self._health.ready(account)) for account in channels}
        yield _gauge("ringback_channel_up", "1 while messages come in and go out.", "account", up)
        last = {account: one.last_event for account, one in channels.items() if one.last_event is not None}
        yield _gauge("ringback_channel_last_event_timestamp_seconds", "When a fact last came in.", "account", last)


def _gauge(name: str, help: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:  # noqa: A002
    gauge = GaugeMetricFamily(name, help, labels=[label])
    for value, number in values.items():
        gauge.add_metric([value], number)
    return gauge
