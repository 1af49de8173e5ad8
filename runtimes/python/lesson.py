"""What the three Python servers share: routes, parameters, work, metrics, end."""

import asyncio
import json
import multiprocessing
import os
import re
import resource
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

# Must be set before the import: the lab's services have no *_created series.
os.environ.setdefault("PROMETHEUS_DISABLE_CREATED_SERIES", "True")
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, Histogram, generate_latest  # noqa: E402

METHODS = ("DELETE", "GET", "POST", "PUT")
MOST_BODY = 64 << 10  # bytes; a larger one is answered 413
LONGEST_WAIT = 60_000  # ms
LONGEST_SPIN = 10_000  # ms


@dataclass(frozen=True)
class Route:
    """A route of the server: how long it works, and at what."""

    ms: float  # default of the parameter ms
    most: float = LONGEST_WAIT  # upper bound of ms
    spins: bool = False  # computes instead of waiting


# One line for each route. Add yours here.
ROUTES = {
    "/fast": Route(20),
    "/slow": Route(200),
    "/wait": Route(50),
    "/spin": Route(10, most=LONGEST_SPIN, spins=True),
}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, detail: str):
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True)
class Arguments:
    ms: float
    blocking: bool
    executor: str  # loop, threads or processes: who does work that blocks


def parse(route: Route, query: str) -> Arguments:
    """Reads the parameters of a request; raises Refused if one cannot be used."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    ms = given.pop("ms", str(route.ms))
    blocking = given.pop("blocking", "false")
    executor = given.pop("executor", "loop")
    if given:
        raise Refused(400, f"{', '.join(given)}: unknown parameter; known are blocking, executor, ms")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", ms, re.ASCII) or float(ms) > route.most:
        raise Refused(400, f"ms must be a number of milliseconds from 0 to {route.most}")
    if blocking not in ("true", "false"):
        raise Refused(400, "blocking must be true or false")
    if executor not in ("loop", "threads", "processes"):
        raise Refused(400, "executor must be loop, threads or processes")
    return Arguments(float(ms), blocking == "true", executor)


# Between two looks at the clock: about 20 microseconds.
STEPS_PER_LOOK = 100


def spin(ms: float) -> dict:
    """Uses up ms of this thread's CPU time with a xorshift generator."""
    state, steps = 1, 0
    until = time.thread_time() + ms / 1000
    while time.thread_time() < until:
        for _ in range(STEPS_PER_LOOK):
            state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
            state ^= state >> 7
            state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        steps += STEPS_PER_LOOK
    return {"steps": steps, "state": str(state)}


def block(ms: float) -> dict:
    """Waits as a synchronous call does: the thread can do nothing else."""
    time.sleep(ms / 1000)
    return {"waited_ms": ms}


def job(route: Route, arguments: Arguments) -> Callable[[float], dict] | None:
    """The function that holds its thread for the request; None if the request only waits."""
    if route.spins:
        return spin
    return block if arguments.blocking else None


@cache
def pool(executor: str) -> Executor:
    """The threads or processes that do work outside of the event loop, WORKERS of them."""
    workers = int(os.environ.get("WORKERS", "4"))
    if executor == "threads":
        return ThreadPoolExecutor(workers)
    # A fork would copy the listener and the loop.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=end_with_parent)


def end_with_parent() -> None:
    """Ends this worker process when the server is gone, even if it was killed."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its workers
    threading.Thread(target=watch, daemon=True).start()


def close_pools() -> None:
    if pool.cache_info().currsize:
        for executor in ("threads", "processes"):
            pool(executor).shutdown(cancel_futures=True)


def reply(service: str, method: str, route: str, arguments: Arguments, result: dict) -> bytes:
    result = result | {"blocking": arguments.blocking}
    return json.dumps({"service": service, "method": method, "route": route, "result": result}).encode()


def problem(status: int, title: str, detail: str) -> bytes:
    """The body of an error, as RFC 9457 defines it."""
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()


TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


def trace_response(traceparent: str | None) -> dict[str, str]:
    """The header that answers a W3C traceparent: the caller's trace, and an identifier of this request in it."""
    match = TRACEPARENT.fullmatch(traceparent or "")
    return {"traceresponse": f"00-{match[1]}-{secrets.token_hex(8)}-{match[2]}"} if match else {}


DURATION = Histogram(
    "http_server_request_duration_seconds",
    "Duration of HTTP server requests.",
    ["http_request_method", "http_route", "http_response_status_code", "error_type", "url_scheme"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
)
ACTIVE = Gauge(
    "http_server_active_requests",
    "HTTP server requests in progress.",
    ["http_request_method", "http_route", "url_scheme"],
    multiprocess_mode="livesum",
)
LAG = Histogram(
    "lab_event_loop_lag_seconds",
    "How much later than planned a timer of the event loop fired.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
PARALLEL = Gauge("lab_parallel_threads", "1 if threads can compute at the same time, 0 if one lock is for all of them.", multiprocess_mode="max")
# Only free-threaded builds of Python can do without the lock.
PARALLEL.set(hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled())
METRICS_TYPE = CONTENT_TYPE_LATEST
metrics = generate_latest

# The label values of the semantic conventions; any other method is counted as _OTHER.
KNOWN_METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
SCHEME = "http"  # the servers speak no TLS


def route_label(method: str, path: str) -> str:
    return path if path in ROUTES and method in METHODS else "unmatched"


def method_label(method: str) -> str:
    return method if method in KNOWN_METHODS else "_OTHER"


def active(method: str, path: str) -> Gauge:
    """The requests in progress of the method and the route of path."""
    return ACTIVE.labels(method_label(method), route_label(method, path), SCHEME)


for known in (*KNOWN_METHODS, "_OTHER"):
    for path in (*ROUTES, "unmatched"):
        active(known, path)


def observe(method: str, path: str, status: int, seconds: float) -> None:
    """Counts a request that has been answered."""
    error_type = str(status) if status >= 500 else ""
    DURATION.labels(method_label(method), route_label(method, path), str(status), error_type, SCHEME).observe(seconds)


LAG_INTERVAL = 0.05  # seconds between two measurements


async def measure_lag() -> None:
    """Observes how late the loop wakes a task, until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        LAG.observe(max(0.0, loop.time() - due))


def address(default_port: int) -> tuple[str, int]:
    """Where to listen: LISTEN_ADDR, as host:port, or a port on loopback."""
    host, _, port = os.environ.get("LISTEN_ADDR", f"127.0.0.1:{default_port}").rpartition(":")
    return host.strip("[]"), int(port)


def allow_connections() -> None:
    """Raises the limit of open files as far as this process may: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def announce(service: str, host: str, port: int) -> None:
    print(json.dumps({"level": "info", "msg": "serving", "service": service, "address": f"{host}:{port}"}), flush=True)


def watch_lifeline() -> None:
    """Ends this process as SIGTERM does when the lab that started it is gone (docs/adr/0062)."""
    if not os.environ.get("LAB_LIFELINE"):
        return

    def watch() -> None:
        # A thread inside of sys.stdin.read would hold its lock, and abort the interpreter at its end.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


async def until_signal(lifeline: int | None = None) -> None:
    """Returns on SIGTERM, on SIGINT, or when the file lifeline ends."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch_lifeline()
    if lifeline is not None:
        loop.add_reader(lifeline, stop.set)
    await stop.wait()
    if lifeline is not None:
        loop.remove_reader(lifeline)


DRAIN_LIMIT = 10  # seconds that requests in progress have at the end
