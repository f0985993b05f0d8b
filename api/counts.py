"""What the service counts of itself, for /metrics.

One rule for the editor: a label is one of a small closed set of words. No person, item or store is ever a label.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WAITS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0)
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Counts:
    """Our own registry and the few things we count. One a service, so that two in one process do not clash."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("kit_requests", "Requests answered", ["answer"], registry=self.registry)
        self.seconds = Histogram(
            "kit_request_seconds", "Time to the first byte of an answer", buckets=SECONDS, registry=self.registry
        )
        self.waits = Histogram(
            "kit_question_seconds", "How long a question waited that waits for something to do", buckets=WAITS,
            registry=self.registry,
        )  # fmt: skip
        self.decisions = Counter("kit_decisions", "Decisions of the gate", ["verdict"], registry=self.registry)
        self.returns = Counter("kit_returns", "Items handed in", ["word"], registry=self.registry)
        self.readings = Counter("kit_readings", "Readings of bridges", ["stream", "outcome"], registry=self.registry)
        self.sign_ins = Counter("kit_sign_ins", "Attempts to sign in", ["outcome"], registry=self.registry)
        self.screens = Gauge("kit_screens", "Live screens connected", registry=self.registry)
        self.said = Counter("kit_live_events", "Events told to screens", registry=self.registry)
        self.commits = Gauge("kit_commits", "Commits of this instance's writer", registry=self.registry)
        self.commands = Gauge("kit_commands", "Commands in those commits", registry=self.registry)
        self.by_class = [self.requests.labels(f"{n}xx") for n in range(1, 6)]

    def answered(self, code: int, seconds: float, *, waits: bool = False) -> None:
        """Count one answer. One that `waits` on purpose says nothing of how quick the service is."""
        self.by_class[min(max(code // 100, 1), 5) - 1].inc()
        (self.waits if waits else self.seconds).observe(seconds)
