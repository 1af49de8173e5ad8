"""The tutorial's homework: the same server on asyncio, without a framework.

asyncio.start_server gives a pair of streams for each connection; the small
HTTP/1.1 reader below does the rest. prometheus_client, which writes /metrics,
is the only package from outside the standard library.
"""

import asyncio
import http.client
import time
from dataclasses import dataclass

import lesson

SERVICE = "asyncio"
MOST_HEADER = 16 << 10  # bytes of the request line with all headers
IDLE_LIMIT = 120  # seconds that a connection may be silent between two requests
BODY_LIMIT = 10  # seconds that a body may take

in_progress: set[asyncio.StreamWriter] = set()
connections: set[asyncio.Task] = set()


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]  # by their name in lower case
    keep_alive: bool


def parse_head(head: bytes) -> Request:
    """Parses the request line and the headers; raises Refused if they are not HTTP/1.1."""
    lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
    except ValueError:
        raise lesson.Refused(400, "the request line is not METHOD TARGET VERSION") from None
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise lesson.Refused(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    headers: dict[str, str] = {}
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip():
            raise lesson.Refused(400, "a header line is not NAME: VALUE")
        if name == "content-length" and name in headers:
            raise lesson.Refused(400, "there are two Content-Length headers")
        headers[name] = value.strip()
    path, _, query = target.partition("?")
    wants = headers.get("connection", "").lower()
    return Request(method, path, query, headers, wants != "close" if version == "HTTP/1.1" else wants == "keep-alive")


async def skip_body(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads the body, so that the next request can be found after it."""
    if "transfer-encoding" in request.headers:
        raise lesson.Refused(501, "a body needs a Content-Length here")
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise lesson.Refused(400, "Content-Length is not a number")
    if int(length) > lesson.MOST_BODY:
        raise lesson.Refused(413, f"the body may have at most {lesson.MOST_BODY} bytes")
    if request.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    async with asyncio.timeout(BODY_LIMIT):
        await reader.readexactly(int(length))


async def answer(request: Request) -> bytes:
    """Does the work of a request and returns the body of the reply."""
    route = lesson.ROUTES.get(request.path)
    if route is None:
        raise lesson.Refused(404, "there is no such route")
    if request.method not in lesson.METHODS:
        raise lesson.Refused(405, "the route does not take this method")
    arguments = lesson.parse(route, request.query)
    job = lesson.job(route, arguments)
    if job is None:
        await asyncio.sleep(arguments.ms / 1000)
        result = {"waited_ms": arguments.ms}
    elif arguments.executor == "loop":
        result = job(arguments.ms)  # all other requests wait for this line
    else:
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(lesson.pool(arguments.executor), job, arguments.ms)
    return lesson.reply(SERVICE, request.method, request.path, arguments, result)


def respond(writer: asyncio.StreamWriter, status: int, content_type: str, body: bytes, keep_alive: bool, further: dict[str, str]) -> None:
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), **further}
    if not keep_alive:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {status} {http.client.responses[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


async def serve_request(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Serves one request; returns whether the connection can serve another."""
    began = time.perf_counter()
    method, path, status, keep_alive, content_type, further = "_OTHER", "", 200, False, "application/json", {}
    active = None
    try:
        request = parse_head(head)
        method, path = request.method, request.path
        if (method, path) == ("GET", "/metrics"):
            respond(writer, 200, lesson.METRICS_TYPE, lesson.metrics(), request.keep_alive, {})
            await writer.drain()
            return request.keep_alive
        active = lesson.active(method, path)
        active.inc()
        further = lesson.trace_response(request.headers.get("traceparent"))
        await skip_body(request, reader, writer)
        keep_alive = request.keep_alive
        body = await answer(request)
    except lesson.Refused as refused:
        status, content_type = refused.status, "application/problem+json"
        if status == 405:
            further["Allow"] = ", ".join(lesson.METHODS)
        body = lesson.problem(status, http.client.responses[status], str(refused))
    finally:
        if active:
            active.dec()
    if method == "HEAD":
        keep_alive = False  # its reply must not have a body, so the connection cannot go on after one
    lesson.observe(method, path, status, time.perf_counter() - began)
    respond(writer, status, content_type, body, keep_alive, further)
    await writer.drain()
    return keep_alive


async def linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads on for a moment: closing with unread data would take the reply from the client."""
    if writer.can_write_eof():
        writer.write_eof()
    async with asyncio.timeout(1):
        while await reader.read(MOST_HEADER):
            pass


async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connections.add(asyncio.current_task())
    try:
        while True:
            async with asyncio.timeout(IDLE_LIMIT):
                head = await reader.readuntil(b"\r\n\r\n")
            in_progress.add(writer)
            if not await serve_request(head, reader, writer):
                return await linger(reader, writer)
            in_progress.discard(writer)
    except asyncio.LimitOverrunError:
        respond(writer, 431, "text/plain", b"the headers are too large", False, {})
    except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
        pass  # the client has left
    finally:
        in_progress.discard(writer)
        connections.discard(asyncio.current_task())
        writer.close()


async def main() -> None:
    host, port = lesson.address(8092)
    server = await asyncio.start_server(serve_connection, host, port, limit=MOST_HEADER, backlog=1024)
    lag = asyncio.create_task(lesson.measure_lag())
    lesson.announce(SERVICE, host, server.sockets[0].getsockname()[1])
    await lesson.until_signal()
    server.close()
    deadline = time.monotonic() + lesson.DRAIN_LIMIT
    while in_progress and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    for task in (lag, *connections):
        task.cancel()
    lesson.close_pools()


if __name__ == "__main__":
    lesson.allow_connections()
    asyncio.run(main())
