"""The gateway's own time per call: the same scripted server asked through the gateway and directly, turn by turn.

``python benchmarks/gateway.py --out benchmarks/results/gateway.json`` (about a minute). The client is in this process, as
the gateway is; the server runs in a process of its own. Asked are, by raw HTTP over one kept connection: OpenAI's chat and
Anthropic's messages, whole and streamed. ``own_ms`` is the difference of each pair of calls, made one right after the
other; ``calls_per_s`` is 16 callers at a time. LiteLLM's translation (chat asked, Anthropic answers) is shown beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
import httpx2

from rqgm.gateway.gateway import Gateway
from rqgm.gateway.settings import ModelsSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

CALLERS = 16
MODELS = {"chat": "openai/gpt-4o-mini", "messages": "anthropic/claude-haiku-4-5"}
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages"}
KEYS = {"OPENAI_API_KEY": "sk-benchmark-0123456789", "ANTHROPIC_API_KEY": "sk-ant-benchmark-0123456789"}


@contextmanager
def server() -> Iterator[str]:
    """Run a scripted provider in a process of its own; yield its address."""
    argv = [sys.executable, "-m", "rqgm.testing.providers", "--script", "echo", "--port", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "http://" in line)
        yield next(word for word in line.split() if word.startswith("http://")).rstrip("/.,")
        process.terminate()


def body(model: str, number: int, *, stream: bool) -> bytes:
    """Return a request of about a kilobyte, each another one."""
    text = f"call {number}: " + "say something about evolution. " * 30
    asked = {"model": model, "max_tokens": 64, "stream": stream, "messages": [{"role": "user", "content": text}]}
    return json.dumps(asked).encode()


async def pairs(
    direct: Callable[[int], Awaitable[Any]], through: Callable[[int], Awaitable[Any]], n: int
) -> dict[str, Any]:
    """Time n pairs of calls, in turns, the first few left out."""
    rows = []
    for number in range(n + 10):
        times = []
        for call in (direct, through):
            began = time.perf_counter()
            await call(number)
            times.append(1e3 * (time.perf_counter() - began))
        rows.append(times)
    rows = rows[10:]
    return {
        "direct_ms": quantiles([row[0] for row in rows]),
        "gateway_ms": quantiles([row[1] for row in rows]),
        "own_ms": quantiles([row[1] - row[0] for row in rows]),
    }


def quantiles(values: list[float]) -> dict[str, float]:
    """Return median, p90 and p99."""
    ordered = sorted(values)
    return {f"p{q}": round(ordered[min(len(ordered) - 1, int(len(ordered) * q / 100))], 3) for q in (50, 90, 99)} | {
        "n": len(ordered)
    }


async def per_second(call: Callable[[int], Awaitable[Any]], n: int) -> float:
    """Return how many calls a second 16 callers get through."""
    numbers = iter(range(10_000, 10_000 + n))

    async def caller() -> None:
        for number in numbers:
            await call(number)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return round(n / (time.perf_counter() - began), 1)


async def measure(url: str, n: int, folder: Path) -> dict[str, Any]:
    """Measure every protocol."""
    providers = {
        "openai": {"base_url": f"{url}/v1", "concurrency": CALLERS},
        "anthropic": {"base_url": url, "concurrency": CALLERS},
    }
    settings = ModelsSettings.model_validate(
        {"roles": MODELS, "providers": providers, "job": {"usd": 1e6}, "check": False}
    )
    result: dict[str, Any] = {}
    async with Gateway(folder, settings, list(MODELS), env=KEYS) as gateway, httpx2.AsyncClient() as plain:
        line = httpx2.AsyncHTTPTransport(uds=str(gateway.place / "gateway.sock"))
        async with httpx2.AsyncClient(transport=line, base_url="http://gateway") as client:
            for protocol, model in MODELS.items():
                lease = gateway.lease(protocol, f"benchmark/{protocol}")
                assert lease is not None
                headers = {"authorization": f"Bearer {lease.grant.token}", "content-type": "application/json"}
                for stream in (False, True):

                    async def direct(number: int, p: str = protocol, s: bool = stream, m: str = model) -> None:
                        name = m.partition("/")[2]
                        key = {"x-api-key": "k"} if p == "messages" else {"authorization": "Bearer k"}
                        told = {"content-type": "application/json", "anthropic-version": "2023-06-01", **key}
                        answer = await plain.post(url + PATHS[p], content=body(name, number, stream=s), headers=told)
                        answer.raise_for_status()

                    async def through(
                        number: int, p: str = protocol, s: bool = stream, m: str = model, h: dict[str, str] = headers
                    ) -> None:
                        answer = await client.post(PATHS[p], content=body(m, number, stream=s), headers=h, timeout=60)
                        answer.raise_for_status()

                    name = f"{protocol}{', streamed' if stream else ''}"
                    result[name] = await pairs(direct, through, n)
                    result[name]["calls_per_s"] = {
                        "direct": await per_second(direct, 2 * n),
                        "gateway": await per_second(through, 2 * n),
                    }
                await lease.close()
            lease = gateway.lease("messages", "benchmark/translated")
            assert lease is not None
            headers = {"authorization": f"Bearer {lease.grant.token}", "content-type": "application/json"}

            async def translated(number: int) -> None:
                asked = body(MODELS["messages"], number, stream=False)
                (await client.post(PATHS["chat"], content=asked, headers=headers, timeout=60)).raise_for_status()

            await translated(-1)  # imports LiteLLM
            times = []
            for number in range(n // 2):
                began = time.perf_counter()
                await translated(number)
                times.append(1e3 * (time.perf_counter() - began))
            result["translated by LiteLLM (chat to Anthropic)"] = {"gateway_ms": quantiles(times)}
            await lease.close()
    return result


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--calls", type=int, default=200, help="pairs of calls for each protocol")
    chosen = options.parse_args()
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    with server() as url, tempfile.TemporaryDirectory() as folder:
        load = round(os.getloadavg()[0], 1)
        found = asyncio.run(measure(url, chosen.calls, Path(folder)))
        common.report({"load_before": load, "calls": found}, chosen.out)


if __name__ == "__main__":
    main()
