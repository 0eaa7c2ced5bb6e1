"""The server: for this machine's own browser, reading only, bounded."""

from __future__ import annotations

import asyncio
import json

import pytest
from starlette.testclient import TestClient

from rqgm.core.errors import ConfigError
from rqgm.report.pages.data import Pages
from rqgm.report.pages.server import Viewer, listen, make_app

PORT = 8765
OWN = f"http://127.0.0.1:{PORT}"


class Shown:
    """A run that is not read from a folder: what the server needs of one."""

    name = "shown"

    def __init__(self, pages: Pages) -> None:
        self._head = json.dumps(pages.head).encode()
        self.parts = {name: json.dumps(pages.part(name)).encode() for name in pages.names()}
        self.version = 1
        self.asked = 0

    def catch_up(self) -> None:
        self.asked += 1

    def head(self) -> bytes:
        return self._head

    def part(self, name: str) -> bytes:
        return self.parts[name]


@pytest.fixture(scope="module")
def shown(run):
    """One run to show."""
    return Shown(Pages(run))


@pytest.fixture
def client(shown):
    """A browser on this machine."""
    return TestClient(make_app(Viewer([shown]), PORT), base_url=OWN)


def test_it_serves_the_page_and_its_data(client, shown):
    """The page, the head, every part; the page may fetch from where it came, and from nowhere else."""
    answer = client.get("/")
    assert answer.status_code == 200
    assert '"mode":"live"' in answer.text
    assert "connect-src 'self'" in answer.text
    assert client.get("/runs/0/head.json").json() == json.loads(shown.head())
    for name in shown.parts:
        assert client.get(f"/runs/0/part/{name}.json").json() == json.loads(shown.part(name))


def test_every_answer_carries_the_security_headers(client):
    """Also one that refuses, and one that finds nothing."""
    for answer in (client.get("/"), client.get("/nothing"), client.post("/"), client.get("/", headers={"Host": "a"})):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:9", "127.0.0.1:8765.evil.example", "localhost.:8765", "[::1]:8765", ""],
)
def test_it_answers_to_its_own_name_only(client, host):
    """Another site that has its name point to this machine reads nothing."""
    assert client.get("/runs/0/head.json", headers={"Host": host}).status_code == 421


def test_localhost_is_its_own_name_too(client):
    """People type it."""
    assert client.get("/", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:9999", ""]
)
def test_no_other_origin_is_answered(client, origin):
    """Nor a page of another port of this machine."""
    assert client.get("/runs/0/head.json", headers={"Origin": origin}).status_code == 403
    assert client.get("/runs/0/head.json", headers={"Origin": OWN}).status_code == 200


def test_other_sites_may_lead_here_but_not_look_inside(client):
    """A link from elsewhere opens the page; a script or picture from elsewhere gets nothing."""
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert (
        client.get(
            "/runs/0/head.json", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        ).status_code
        == 403
    )
    assert (
        client.get("/runs/0/head.json", headers={"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}).status_code
        == 200
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_get_is_answered(client, method):
    """Nothing can be changed through it."""
    assert client.request(method, "/runs/0/head.json").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/runs/1/head.json",
        "/runs/0/part/node/9999.json",
        "/runs/0/part/%2e%2e/%2e%2e/etc/passwd.json",
        "/runs/x/head.json",
        "/favicon.ico",
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    """And no path leads to a file."""
    assert client.get(path).status_code == 404


async def test_streams_tell_every_new_version_and_end_with_the_server(shown):
    """A listener hears the version at once and each change; while somebody listens, the runs are kept up with."""
    viewer = Viewer([shown], poll_s=0.01)
    watching = asyncio.create_task(viewer.watch())
    events = viewer.events()
    assert await anext(events) == "data: [1]\n\n"
    shown.version = 2
    viewer_asked = shown.asked
    assert await told(viewer, events) == "data: [2]\n\n"
    await asyncio.sleep(0.05)
    assert shown.asked > viewer_asked
    viewer.ending.set()
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    await watching
    assert viewer.streams == 0
    shown.version = 1


async def told(viewer, events):
    """Wake the listeners as the watcher does when it has read on."""
    waiting = asyncio.ensure_future(anext(events))
    while not waiting.done():
        async with viewer._news:
            viewer._news.notify_all()
        await asyncio.sleep(0.01)
    return waiting.result()


def test_there_are_only_so_many_streams(shown):
    """One more is turned away with a word, and the page goes on without news."""
    viewer = Viewer([shown], max_streams=3)
    viewer.streams = 3
    answer = TestClient(make_app(viewer, PORT), base_url=OWN).get("/events")
    assert answer.status_code == 503
    assert "close some" in answer.text


def test_a_port_that_is_taken_is_named_with_a_free_one():
    """And the server is heard on this machine only."""
    first = listen(0)
    try:
        host, port = first.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(ConfigError, match=rf"--port {port}: .*; --port \d+ is free") as found:
            listen(port)
        free = int(str(found.value).split("--port ")[-1].split()[0])
        listen(free).close()
    finally:
        first.close()
