"""What the two clients share: the arguments, and the table of `loadgen --loop batch`."""

import argparse
import collections
import itertools
import math
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """How a request ended. Times are in seconds."""

    method: str
    url: str
    status: int  # 0 if there was no reply
    response: float  # from the start of the batch
    service: float  # from the time when the request was sent

    @property
    def outcome(self) -> str:
        if self.status == 0:
            return "connect_error"
        return "ok" if self.status < 400 else "http_error"

    @property
    def target(self) -> str:
        return f"{self.method} {urlsplit(self.url).path or '/'}"


def requests() -> list[tuple[str, str]]:
    """The requests of the command line: COUNT times METHODS x URLs."""
    parser = argparse.ArgumentParser(description="Sends all requests at once and waits for the last reply.")
    parser.add_argument("--count", type=int, default=1, help="requests to each URL by each method")
    parser.add_argument("--urls", required=True, help="URLs, separated by commas")
    parser.add_argument("--methods", default="GET", help="methods, separated by commas")
    given = parser.parse_args()
    if given.count < 1:
        parser.error("--count must be at least 1")
    targets = [(method, url) for url in given.urls.split(",") for method in given.methods.split(",")]
    return list(itertools.chain.from_iterable([target] * given.count for target in targets))


def show(reply: Reply) -> None:
    """Prints a request when it has ended."""
    print(reply.status or reply.outcome, reply.method, reply.url, duration(reply.response))


def duration(seconds: float) -> str:
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= unit:
            return f"{seconds / unit:.4g}{name}"
    return "0s"


def quantile(values: list[float], q: float) -> str:
    return duration(sorted(values)[max(0, math.ceil(q * len(values)) - 1)])


def summarize(replies: list[Reply]) -> int:
    """Prints the table of targets. Returns the exit code: 3 if no request succeeded, as loadgen."""
    rows = [("target", "completed", "response p50", "p99", "service p50", "p99", "outcomes")]
    by_target = collections.defaultdict(list)
    for reply in replies:
        by_target[reply.target].append(reply)
    for target, all_of in by_target.items():
        response, service = [r.response for r in all_of], [r.service for r in all_of]
        outcomes = collections.Counter(sorted(r.outcome for r in all_of))
        rows.append(
            (target, str(len(all_of)), quantile(response, 0.5), quantile(response, 0.99), quantile(service, 0.5), quantile(service, 0.99),
             ", ".join(f"{outcome} {n}" for outcome, n in outcomes.items()))
        )  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    return 0 if any(reply.outcome == "ok" for reply in replies) else 3
