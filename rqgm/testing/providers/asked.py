"""What a script sees and what it answers: the same for all protocols."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Protocol = Literal["chat", "responses", "messages", "embeddings"]
Finish = Literal["stop", "length", "tool_calls", "content_filter"]


def count_tokens(text: str) -> int:
    """Return the tokens of a text, as all scripted providers count them: bytes / 4, rounded up."""
    return -(-len(text.encode()) // 4)


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants called. Raw `arguments` are sent as they are, so that they may be broken JSON."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""

    @property
    def raw(self) -> str:
        """The arguments as the protocols carry them: JSON text."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(dict(self.arguments))


@dataclass(frozen=True)
class ReplyUsage:
    """Tokens of one reply. `input_tokens` includes `cached` and `cache_written`, `output_tokens` includes `reasoning`.

    This is how OpenAI counts. Anthropic leaves the cached ones out of `input_tokens`: replies in its protocol do so.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached: int = 0
    reasoning: int = 0
    cache_written: int = 0


@dataclass(frozen=True)
class Reply:
    """What a model says.

    `usage`: None = counted by `count_tokens`. `latency_s`: wait before the answer begins; `delay_s`: wait before each
    of its pieces (a reply that is not streamed waits for all of them). `chunks`: the number of pieces that the text is
    streamed in; 0 = one a word. `vectors`: of an embedding; none = made from the texts. `report_usage` False leaves
    usage out.
    """

    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    finish: Finish | None = None
    usage: ReplyUsage | None = None
    model: str | None = None
    delay_s: float = 0.0
    chunks: int = 0
    latency_s: float = 0.0
    report_usage: bool = True
    vectors: Sequence[Sequence[float]] = ()

    @property
    def output_tokens(self) -> int:
        """Tokens of the text and of the tool calls, counted."""
        return count_tokens(self.text) + sum(count_tokens(call.name + call.raw) for call in self.tool_calls)

    @property
    def finished(self) -> Finish:
        """Why the reply ends, in OpenAI's words; unless told, by what is in it."""
        return self.finish or ("tool_calls" if self.tool_calls else "stop")


@dataclass(frozen=True)
class Message:
    """One message of a request. The role of a tool's result is ``tool``, that of a text to embed ``input``."""

    role: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True)
class Tool:
    """A tool that the request offers."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request, whatever its protocol.

    `number` counts the provider's calls (see `Totals`) from 1; `body` is the JSON as it came.
    """

    protocol: Protocol
    model: str
    system: str = ""
    messages: tuple[Message, ...] = ()
    tool_definitions: tuple[Tool, ...] = ()
    stream: bool = False
    max_tokens: int | None = None
    api_key: str = ""
    number: int = 1
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last_user_text(self) -> str:
        """The text of the last message of the user; empty if there is none."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools that may be called."""
        return tuple(tool.name for tool in self.tool_definitions)

    @property
    def last_tool_results(self) -> tuple[str, ...]:
        """The results of tools that came after the model's last message."""
        after: list[str] = []
        for message in reversed(self.messages):
            if message.role == "assistant":
                break
            if message.role == "tool":
                after.append(message.text)
        return tuple(reversed(after))

    @property
    def input_tokens(self) -> int:
        """Tokens of the request, counted text by text (see `count_tokens`), the same in all protocols."""
        calls = [call.name + call.raw for message in self.messages for call in message.tool_calls]
        tools = [tool.name + tool.description + json.dumps(dict(tool.parameters)) for tool in self.tool_definitions]
        return sum(map(count_tokens, [self.system, *(message.text for message in self.messages), *calls, *tools]))
