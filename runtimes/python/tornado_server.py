"""The tutorial's server on Tornado: several routes, each with its own delay."""

import asyncio
import http.client
import socket
import time

import tornado.gen
import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.process
import tornado.web

import forking  # before lesson
import lesson

SERVICE = "tornado"
in_progress: set["Handler"] = set()


@tornado.web.stream_request_body  # so that prepare sees the size of a body before it is read
class Handler(tornado.web.RequestHandler):
    """What the handlers of all routes have in common."""

    SUPPORTED_METHODS = lesson.METHODS

    def set_default_headers(self) -> None:
        for name, value in lesson.trace_response(self.request.headers.get("Traceparent")).items():
            self.set_header(name, value)

    def prepare(self) -> None:
        lesson.active(self.request.method, self.request.path).inc()
        in_progress.add(self)
        self.received = 0
        if int(self.request.headers.get("Content-Length", "0")) > lesson.MOST_BODY:
            raise tornado.web.HTTPError(413)

    def data_received(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > lesson.MOST_BODY:
            self.request.connection.close()

    def write_error(self, status_code: int, **kwargs) -> None:
        error = kwargs["exc_info"][1]
        detail = str(error)
        if isinstance(error, lesson.Refused):
            status_code = error.status
            self.set_status(status_code)
        if status_code == 405:
            self.set_header("Allow", ", ".join(lesson.METHODS))
        if status_code in (405, 413):
            # Tornado closes a connection whose request it did not read to the end.
            self.set_header("Connection", "close")
        if status_code == 413:
            detail = f"the body may have at most {lesson.MOST_BODY} bytes"
        self.set_header("Content-Type", "application/problem+json")
        self.finish(lesson.problem(status_code, http.client.responses.get(status_code, "Error"), detail))

    def log_exception(self, typ, value, tb) -> None:
        if not isinstance(value, lesson.Refused):
            super().log_exception(typ, value, tb)

    def on_finish(self) -> None:
        if self in in_progress:
            in_progress.discard(self)
            lesson.active(self.request.method, self.request.path).dec()
        lesson.observe(self.request.method, self.request.path, self.get_status(), self.request.request_time())


class Delay(Handler):
    """Answers every method with JSON, after the delay of its route."""

    def initialize(self, route: lesson.Route) -> None:
        self.route = route

    async def answer(self) -> None:
        arguments = lesson.parse(self.route, self.request.query)
        job = lesson.job(self.route, arguments)
        if job is None:
            await tornado.gen.sleep(arguments.ms / 1000)
            result = {"waited_ms": arguments.ms}
        elif arguments.executor == "loop":
            result = job(arguments.ms)  # all other requests wait for this line
        else:
            loop = tornado.ioloop.IOLoop.current()
            result = await loop.run_in_executor(lesson.pool(arguments.executor), job, arguments.ms)
        self.set_header("Content-Type", "application/json")
        self.finish(lesson.reply(SERVICE, self.request.method, self.request.path, arguments, result))

    get = put = post = delete = answer


class Missing(Handler):
    """Answers a path without a route."""

    def answer(self) -> None:
        raise tornado.web.HTTPError(404)

    get = put = post = delete = answer


class Metrics(tornado.web.RequestHandler):
    def get(self) -> None:
        self.set_header("Content-Type", lesson.METRICS_TYPE)
        self.finish(lesson.metrics() if forking.PROCESSES == 1 else forking.metrics())


def application() -> tornado.web.Application:
    routes = [(path, Delay, {"route": route}) for path, route in lesson.ROUTES.items()]
    return tornado.web.Application(
        [*routes, ("/metrics", Metrics)], default_handler_class=Missing, log_function=lambda handler: None
    )


async def main(host: str, sockets: list[socket.socket], lifeline: int | None) -> None:
    server = tornado.httpserver.HTTPServer(application(), max_header_size=16 << 10, idle_connection_timeout=120, body_timeout=10)
    server.add_sockets(sockets)
    lag = asyncio.create_task(lesson.measure_lag())
    if not tornado.process.task_id():  # one process speaks for all
        lesson.announce(SERVICE, host, sockets[0].getsockname()[1])
    await lesson.until_signal(lifeline)
    server.stop()
    deadline = time.monotonic() + lesson.DRAIN_LIMIT
    while in_progress and time.monotonic() < deadline:
        await tornado.gen.sleep(0.01)
    await server.close_all_connections()
    lag.cancel()
    lesson.close_pools()


if __name__ == "__main__":
    lesson.allow_connections()
    host, port = lesson.address(8091)
    sockets = tornado.netutil.bind_sockets(port, host, backlog=1024)
    asyncio.run(main(host, sockets, forking.fork()))
