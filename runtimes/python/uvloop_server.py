"""The same server as an ASGI application on uvicorn, with uvloop as its event loop."""

import asyncio
import contextlib
import http.client
import socket
import time

import uvicorn

import lesson

SERVICE = "uvloop"


async def skip_body(headers: dict[bytes, bytes], receive) -> None:
    """Reads the body, and refuses one that is too large."""
    announced, size = int(headers.get(b"content-length", b"0")), 0
    while max(announced, size) <= lesson.MOST_BODY:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            return
    raise lesson.Refused(413, f"the body may have at most {lesson.MOST_BODY} bytes")


async def answer(scope, headers: dict[bytes, bytes], receive) -> bytes:
    """Does the work of a request and returns the body of the reply."""
    route = lesson.ROUTES.get(scope["path"])
    if route is None:
        raise lesson.Refused(404, "there is no such route")
    if scope["method"] not in lesson.METHODS:
        raise lesson.Refused(405, "the route does not take this method")
    await skip_body(headers, receive)
    arguments = lesson.parse(route, scope["query_string"].decode("latin-1"))
    job = lesson.job(route, arguments)
    if job is None:
        await asyncio.sleep(arguments.ms / 1000)
        result = {"waited_ms": arguments.ms}
    elif arguments.executor == "loop":
        result = job(arguments.ms)  # all other requests wait for this line
    else:
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(lesson.pool(arguments.executor), job, arguments.ms)
    return lesson.reply(SERVICE, scope["method"], scope["path"], arguments, result)


async def respond(send, status: int, content_type: str, body: bytes, further: dict[str, str]) -> None:
    headers = {"content-type": content_type, "content-length": str(len(body)), **further}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def application(scope, receive, send) -> None:
    method, path = scope["method"], scope["path"]
    if (method, path) == ("GET", "/metrics"):
        await respond(send, 200, lesson.METRICS_TYPE, lesson.metrics(), {})
        return
    began = time.perf_counter()
    headers = dict(scope["headers"])
    further = lesson.trace_response(headers.get(b"traceparent", b"").decode("latin-1"))
    status, content_type = 200, "application/json"
    with lesson.active(method, path).track_inprogress():
        try:
            body = await answer(scope, headers, receive)
        except lesson.Refused as refused:
            status, content_type = refused.status, "application/problem+json"
            if status == 405:
                further["allow"] = ", ".join(lesson.METHODS)
            body = lesson.problem(status, http.client.responses[status], str(refused))
    lesson.observe(method, path, status, time.perf_counter() - began)
    await respond(send, status, content_type, body, further)


async def main() -> None:
    host, port = lesson.address(8093)
    listener = socket.create_server((host, port), backlog=1024)
    config = uvicorn.Config(application, lifespan="off", log_config=None, log_level="warning", access_log=False, timeout_keep_alive=120)
    server = uvicorn.Server(config)
    lag = asyncio.create_task(lesson.measure_lag())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or serving.done()):
        await asyncio.sleep(0.01)
    # uvicorn handles signals from now on.
    lesson.watch_lifeline()
    lesson.announce(SERVICE, host, listener.getsockname()[1])
    while not (serving.done() or server.should_exit):
        await asyncio.wait([serving], timeout=0.1)
    # uvicorn waits for open requests without a limit of its own.
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(serving, lesson.DRAIN_LIMIT)
    lag.cancel()
    lesson.close_pools()


if __name__ == "__main__":
    uvicorn.Config(application, loop="uvloop").setup_event_loop()
    lesson.allow_connections()
    asyncio.run(main())
