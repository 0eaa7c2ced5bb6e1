"""Scripted model providers: servers on loopback that speak OpenAI's and Anthropic's protocols, and fail on demand.

``with serve(echo()) as provider:`` and point an SDK at ``provider.url``. Importing this loads no server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rqgm.testing.providers.asked import Asked, Message, Reply, ReplyUsage, Tool, ToolCall, count_tokens
from rqgm.testing.providers.book import Served, Totals
from rqgm.testing.providers.cassettes import cassette
from rqgm.testing.providers.faults import Fault
from rqgm.testing.providers.scripts import Script, ScriptError, echo, in_turn, rules, with_faults

if TYPE_CHECKING:
    from rqgm.testing.providers.server import Provider, refusing, serve

__all__ = [
    "Asked",
    "Fault",
    "Message",
    "Provider",
    "Reply",
    "ReplyUsage",
    "Script",
    "ScriptError",
    "Served",
    "Tool",
    "ToolCall",
    "Totals",
    "cassette",
    "count_tokens",
    "echo",
    "in_turn",
    "refusing",
    "rules",
    "serve",
    "with_faults",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module("rqgm.testing.providers.server"), name)
