"""The tutorial's client on Tornado: gen.multi waits for all requests at once."""

import asyncio
import sys
import time

import tornado.gen
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

import batch

WITHOUT_LIMIT = 0  # of time: a batch waits for its last reply


async def fetch(client: AsyncHTTPClient, began: float, method: str, url: str) -> batch.Reply:
    body = b"" if method in ("POST", "PUT", "PATCH") else None
    request = HTTPRequest(url, method, body=body, connect_timeout=WITHOUT_LIMIT, request_timeout=WITHOUT_LIMIT)
    sent = time.perf_counter()
    try:
        response = await client.fetch(request, raise_error=False)
        # Without a reply Tornado invents the status 599.
        status, service = 0 if response.code == 599 else response.code, response.request_time
    except OSError:
        status, service = 0, time.perf_counter() - sent
    reply = batch.Reply(method, url, status, time.perf_counter() - began, service)
    batch.show(reply)
    return reply


async def main() -> int:
    requests = batch.requests()
    client = AsyncHTTPClient(max_clients=len(requests))
    began = time.perf_counter()
    replies = await tornado.gen.multi([fetch(client, began, method, url) for method, url in requests])
    return batch.summarize(replies)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
