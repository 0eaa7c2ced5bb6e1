"""Start a scripted provider by hand: ``python -m rqgm.testing.providers --script echo --port 0``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from rqgm.core.errors import RqgmError, UnknownNameError
from rqgm.testing.providers import cassettes, faults, scripts
from rqgm.testing.providers.server import serve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.testing.providers.book import Served
    from rqgm.testing.providers.scripts import Script
    from rqgm.testing.providers.server import Provider

FAULTS = {
    "unauthorized": faults.unauthorized(),
    "forbidden": faults.forbidden(),
    "unknown_model": faults.unknown_model(),
    "rate_limited": faults.rate_limited(retry_after_s=1),
    "out_of_quota": faults.out_of_quota(),
    "server_error": faults.server_error(),
    "overloaded": faults.overloaded(),
    "context_overflow": faults.context_overflow(),
    "content_filter": faults.content_filter(),
    "stream_error": faults.stream_error(),
    "reset": faults.reset(),
    "stall": faults.stall(),
    "truncated": faults.truncated(),
    "html_page": faults.html_page(502),
}
HELP = """\
A scripted provider answers at {url} (this machine only; Ctrl-C ends it). Any api key is right.

  openai.OpenAI(base_url="{url}/v1", api_key="any")
  anthropic.Anthropic(base_url="{url}", api_key="any")
  litellm.completion(model="openai/any", api_base="{url}/v1", api_key="any", messages=[…])
  curl {url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{{"model": "any", "messages": [{{"role": "user", "content": "hello"}}]}}'

"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; print how to ask, then each request as it ends."""
    options = _parser().parse_args(arguments)
    try:
        script = find_script(options.script)
        if options.fault:
            script = scripts.with_faults(
                script, {lambda asked: asked.number % options.every == 0: fault_of(options.fault)}
            )
        with serve(script, port=options.port) as provider:
            _say(HELP.format(url=provider.url))
            _follow(provider)
    except KeyboardInterrupt:
        return 0
    except (RqgmError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def find_script(name: str) -> Script:
    """Return ``echo``, a cassette (a path that ends with .jsonl), or what ``module:name`` is."""
    if name == "echo":
        return scripts.echo()
    if name.endswith(".jsonl"):
        return cassettes.cassette(name)
    module, colon, attribute = name.partition(":")
    if not colon:
        raise UnknownNameError("script", name, ["echo", "PATH.jsonl", "module:name"])
    try:
        found: Script = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError("script", name, ["echo", "PATH.jsonl", "module:name"], str(error)) from error
    return found


def fault_of(name: str) -> faults.Fault:
    """Return a fault by its name."""
    if name not in FAULTS:
        raise UnknownNameError("fault", name, FAULTS)
    return FAULTS[name]


def _follow(provider: Provider) -> None:
    number = 1
    while True:
        if (entry := provider.wait_for(number, timeout_s=1.0)) is not None:
            _say(f"{_line(entry)}\n")
            number += 1


def _line(entry: Served) -> str:
    stream = " stream" if entry.stream else ""
    tokens = f" {entry.usage.input_tokens} + {entry.usage.output_tokens} tokens" if entry.usage else ""
    end = "" if entry.complete else " (not whole)"
    return f"{entry.path} {entry.model}{stream} -> {entry.status or 'nothing'}{tokens}{end}"


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rqgm.testing.providers", description=__doc__)
    parser.add_argument("--script", default="echo", help="echo, a cassette (PATH.jsonl), or module:name of a script")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 = a free one")
    parser.add_argument("--fault", help=f"what goes wrong: {', '.join(FAULTS)}")
    parser.add_argument("--every", type=int, default=2, help="with --fault: which calls fail; 1 = all, 2 = every other")
    return parser


if __name__ == "__main__":
    sys.exit(main())
