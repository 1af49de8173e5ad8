"""The tutorial's client on asyncio, without a framework: gather waits for all requests at once."""

import asyncio
import sys
import time
from urllib.parse import urlsplit

import batch


async def fetch(began: float, method: str, url: str) -> batch.Reply:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    status, sent = 0, time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        sent = time.perf_counter()
        writer.write(head.encode("latin-1"))
        status = int((await reader.readline()).split()[1])
        await reader.read()  # to the end, since the server closes the connection
        writer.close()
    except (OSError, IndexError, ValueError):
        status = 0
    now = time.perf_counter()
    reply = batch.Reply(method, url, status, now - began, now - sent)
    batch.show(reply)
    return reply


async def main() -> int:
    requests = batch.requests()
    began = time.perf_counter()
    replies = await asyncio.gather(*(fetch(began, method, url) for method, url in requests))
    return batch.summarize(replies)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
