"""Tornado's multi-process form: PROCESSES processes accept connections from one listener.

Import this module before lesson: prometheus_client decides when it is imported
whether the processes share their metrics, in files of a folder.
"""

import atexit
import glob
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterable

PROCESSES = max(1, int(os.environ.get("PROCESSES", "1")))
SHARED = "PROMETHEUS_MULTIPROC_DIR"
if PROCESSES > 1 and SHARED not in os.environ:  # a worker process of the pool inherits it
    os.environ[SHARED] = tempfile.mkdtemp(prefix="tornado-metrics-")

    @atexit.register
    def remove(parent: int = os.getpid()) -> None:
        if os.getpid() == parent:
            shutil.rmtree(os.environ[SHARED])


import tornado.process  # noqa: E402
from prometheus_client import CollectorRegistry, generate_latest  # noqa: E402
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.process_collector import ProcessCollector  # noqa: E402


def fork() -> int | None:
    """Forks unless there is to be one process; returns in the children only.

    The result is a file that ends with the parent or at its SIGTERM, or None. The
    parent exits after its children. No event loop may exist yet.
    """
    if PROCESSES == 1:
        return None
    lifeline, held = os.pipe()

    def end(*_) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.close(held)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    tornado.process.fork_processes(PROCESSES, max_restarts=0)
    os.close(held)
    return lifeline


class Together:
    """CPU time and memory of all processes of this server, pages that they share counted in each."""

    def collect(self) -> Iterable[Metric]:
        pids = {re.search(r"_(\d+)\.db$", file)[1] for file in glob.glob(os.path.join(os.environ[SHARED], "*.db"))}
        used = [values for pid in pids if "process_max_fds" in (values := self.values(pid))]  # without those that have ended
        yield CounterMetricFamily(
            "process_cpu_seconds", "Total user and system CPU time spent in seconds.", sum(values["process_cpu_seconds"] for values in used)
        )
        for name, text, together in (
            ("process_resident_memory_bytes", "Resident memory size in bytes.", sum),
            ("process_max_fds", "Maximum number of open file descriptors.", min),
        ):
            yield GaugeMetricFamily(name, text, together(values[name] for values in used))

    def values(self, pid: str) -> dict[str, float]:
        return {metric.name: metric.samples[0].value for metric in ProcessCollector(pid=lambda: pid, registry=None).collect()}


def metrics() -> bytes:
    """The metrics of all processes together, for Prometheus."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(Together())
    return generate_latest(registry)
