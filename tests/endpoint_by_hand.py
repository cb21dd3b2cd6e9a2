"""A chat endpoint on this machine that answers, or misbehaves, as a test tells it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = '{"score": 7.5, "reasoning": "The same red mug."}'


@dataclass(frozen=True)
class Says:
    """One HTTP answer; a `status` of 0 hangs up instead."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    close: bool = False
    """Whether the connection ends with the body, whatever length was announced."""


def completion(text: str | None, *, finish: str = "stop", refusal: str | None = None, after_s: float = 0.0) -> Says:
    document = {
        "choices": [{"message": {"role": "assistant", "content": text, "refusal": refusal}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050},
    }
    return Says(json.dumps(document).encode(), after_s=after_s)


HANG_UP = Says(b"", status=0)


@dataclass
class Server:
    """What was asked of the server, and how many questions it had before it at once."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serving(answer: Callable[[int, dict[str, Any]], Says]) -> Iterator[Server]:
    """`answer` is given the number of the question, from 0, and its document."""

    class Handler(BaseHTTPRequestHandler):
        # Connections stay open for the next question, as those of real servers do.
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with server._lock:
                number = len(server.asked)
                server.asked.append(json.loads(body))
                server.headers.append(dict(self.headers))
                server.paths.append(self.path)
                server._at_once += 1
                server.most_at_once = max(server.most_at_once, server._at_once)
            says = answer(number, server.asked[number])
            time.sleep(says.after_s)
            with server._lock:
                server._at_once -= 1
            if says.status == 0:
                self.close_connection = True
                return
            self.send_response(says.status)
            for name, value in {"Content-Length": str(len(says.body)), **says.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(says.body)
            self.close_connection = self.close_connection or says.close

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        # A client that gave up has closed its side.
        def handle_error(self, *_: Any) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as http:
        server = Server(f"http://127.0.0.1:{http.server_address[1]}/v1")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
