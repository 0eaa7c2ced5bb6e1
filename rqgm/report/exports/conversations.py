"""Conversations, read out of the recorded calls of a job: hostile data in three protocols, made into turns.

A role asks with its whole history each time, so a job's calls tell one conversation several times over. `read_calls`
tells it once: what is new in each request, then the answer. A role may also change its history between two calls (drop
the middle, sum it up); then the turns from where it parts from what was said are told again, and marked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from rqgm.gateway.answers import EVENTS, events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.gateway.calls import Call
    from rqgm.gateway.usage import Protocol

Speaker = Literal["system", "user", "agent", "tool"]
_SPEAKERS: dict[str, Speaker] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "agent",
    "tool": "tool",
    "function": "tool",
}


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A model's call of one of the role's tools; `arguments` is {"raw": text} where they are no JSON object."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says. `answers` is the id of the tool's use that a `tool` turn belongs to."""

    speaker: Speaker
    text: str
    reasoning: str = ""
    uses: tuple[ToolUse, ...] = ()
    answers: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two turns the same, however a client writes them."""
        uses = tuple((use.name, json.dumps(use.arguments, sort_keys=True)) for use in self.uses)
        return self.speaker, self.text.strip(), uses, self.answers if self.speaker == "tool" else ""


@dataclass(frozen=True, slots=True)
class Said:
    """A turn in its place. `call` is the call that was answered with it, None if the role said it.

    `again`: it was said before, and the role changed what had come before it.
    """

    turn: Turn
    call: Call | None = None
    again: bool = False


def read_calls(calls: Iterable[tuple[Call, bytes | None, bytes | None]]) -> Iterator[Said]:
    """Yield what was said in a job, of its answered calls in order, each with the bytes of its request and answer."""
    history: list[Turn] = []
    known: set[tuple[Any, ...]] = set()
    for call, request, response in calls:
        asked = read_request(call.protocol, _json(request))
        common = _common(history, asked)
        for turn in asked[common:]:
            yield Said(turn, again=turn.key in known and common < len(history))
            known.add(turn.key)
        answer = read_answer(call.protocol, call.content_type, response)
        history = [*asked, answer]
        known.add(answer.key)
        yield Said(answer, call)


def _common(history: list[Turn], asked: list[Turn]) -> int:
    """Return how many turns two histories have in common at their beginning."""
    for index, (old, new) in enumerate(zip(history, asked, strict=False)):
        if old.key != new.key:
            return index
    return min(len(history), len(asked))


def read_request(protocol: Protocol, body: Any) -> list[Turn]:
    """Return the turns of a request; what cannot be read is left out."""
    body = _table(body)
    if protocol == "responses":
        told = [Turn("system", _text(body["instructions"]))] if body.get("instructions") else []
        given = body.get("input")
        return told + ([Turn("user", given)] if isinstance(given, str) else list(_items(given)))
    if protocol == "messages":
        told = [Turn("system", _text(body["system"]))] if body.get("system") else []
        return told + [turn for message in _tables(body.get("messages")) for turn in _blocks(message)]
    if protocol == "embeddings":
        return [Turn("user", _text(body.get("input")))]
    return [_chat(message) for message in _tables(body.get("messages"))]


def read_answer(protocol: Protocol, content_type: str, data: bytes | None) -> Turn:
    """Return what the model said, also if it was said as a stream of events; nothing where the text was not kept."""
    streamed = content_type.partition(";")[0].strip() == EVENTS
    body = _table(_assembled(protocol, data or b"") if streamed else _json(data))
    if protocol == "responses":
        turns = list(_items(body.get("output")))
    elif protocol == "messages":
        turns = list(_blocks({"role": "assistant", "content": body.get("content")}))
    else:
        turns = [_chat(_table(choice.get("message"))) for choice in _tables(body.get("choices"))[:1]]
    said = [turn for turn in turns if turn.speaker == "agent"]
    return _joined(said) if said else Turn("agent", "")


def _joined(turns: list[Turn]) -> Turn:
    return Turn(
        "agent",
        "\n".join(turn.text for turn in turns if turn.text),
        "\n".join(turn.reasoning for turn in turns if turn.reasoning),
        tuple(use for turn in turns for use in turn.uses),
    )


# ---------------------------------------------------------------------- OpenAI: chat


def _chat(message: dict[str, Any]) -> Turn:
    speaker = _SPEAKERS.get(_word(message, "role"), "agent")
    uses = tuple(
        _use(
            use.get("id"), (made := _table(use.get("function") or use.get("custom"))).get("name"), made.get("arguments")
        )
        for use in _tables(message.get("tool_calls"))
    )
    reasoning = _text(message.get("reasoning_content") or "")
    return Turn(speaker, _text(message.get("content")), reasoning, uses, str(message.get("tool_call_id") or ""))


# ---------------------------------------------------------------------- OpenAI: responses


def _items(given: Any) -> Iterator[Turn]:
    """Yield the turns of a list of items; those of the model that follow one another are one turn."""
    held: list[Turn] = []
    for item in _tables(given):
        turn = _item(item)
        if turn.speaker == "agent":
            held.append(turn)
            continue
        if held:
            yield _joined(held)
            held = []
        yield turn
    if held:
        yield _joined(held)


def _item(item: dict[str, Any]) -> Turn:
    kind = _word(item, "type")
    if kind in {"function_call", "custom_tool_call"}:
        given = item.get("arguments", item.get("input"))
        return Turn("agent", "", uses=(_use(item.get("call_id"), item.get("name"), given),))
    if kind in {"function_call_output", "custom_tool_call_output"}:
        return Turn("tool", _text(item.get("output")), answers=str(item.get("call_id") or ""))
    if kind == "reasoning":
        return Turn("agent", "", reasoning=_text(item.get("summary") or item.get("content") or ""))
    return Turn(_SPEAKERS.get(_word(item, "role"), "agent"), _text(item.get("content")))


# ---------------------------------------------------------------------- Anthropic: messages


def _blocks(message: dict[str, Any]) -> Iterator[Turn]:
    """Yield a message's turns: the results of tools that it brings, then what it says itself."""
    speaker = _SPEAKERS.get(_word(message, "role"), "user")
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else _tables(content)
    said: list[dict[str, Any]] = []
    for block in blocks:
        if _word(block, "type") == "tool_result":
            yield Turn("tool", _text(block.get("content")), answers=str(block.get("tool_use_id") or ""))
        else:
            said.append(block)
    if said or not blocks:
        thought = [_text(block.get("thinking")) for block in said if _word(block, "type") == "thinking"]
        uses = [_use(b.get("id"), b.get("name"), b.get("input")) for b in said if _word(b, "type") == "tool_use"]
        text = _text([block for block in said if _word(block, "type") not in {"thinking", "tool_use"}])
        yield Turn(speaker, text, "\n".join(thought), tuple(uses))


# ---------------------------------------------------------------------- streams


def _assembled(protocol: Protocol, data: bytes) -> Any:
    """Return the answer that a stream of events tells piece by piece."""
    pieces = [_table(_json(event.encode())) for event in events(data) if event != "[DONE]"]
    if protocol == "responses":
        return next(
            (_table(piece["response"]) for piece in reversed(pieces) if isinstance(piece.get("response"), dict)), {}
        )
    if protocol == "messages":
        return {"content": _streamed_blocks(pieces)}
    return {"choices": [{"message": _streamed_chat(pieces)}]}


def _streamed_blocks(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    blocks: dict[int, dict[str, Any]] = {}
    inputs: dict[int, str] = {}
    for piece in pieces:
        index = piece.get("index") if isinstance(piece.get("index"), int) else 0
        assert isinstance(index, int)
        if piece.get("type") == "content_block_start":
            blocks[index] = dict(_table(piece.get("content_block")))
        delta = _table(piece.get("delta"))
        for key in ("text", "thinking"):
            if isinstance(delta.get(key), str) and index in blocks:
                blocks[index][key] = _text(blocks[index].get(key)) + delta[key]
        if isinstance(delta.get("partial_json"), str):
            inputs[index] = inputs.get(index, "") + delta["partial_json"]
    for index, text in inputs.items():
        if index in blocks:
            blocks[index]["input"] = text
    return [blocks[index] for index in sorted(blocks)]


def _streamed_chat(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    text, reasoning = "", ""
    uses: dict[int, dict[str, Any]] = {}
    for piece in pieces:
        for choice in _tables(piece.get("choices")):
            if choice.get("index", 0) != 0:
                continue
            delta = _table(choice.get("delta"))
            text += _text(delta.get("content"))
            reasoning += _text(delta.get("reasoning_content"))
            for part in _tables(delta.get("tool_calls")):
                index = part.get("index") if isinstance(part.get("index"), int) else 0
                assert isinstance(index, int)
                use = uses.setdefault(index, {"id": "", "function": {"name": "", "arguments": ""}})
                use["id"] = use["id"] or str(part.get("id") or "")
                for key in ("name", "arguments"):
                    use["function"][key] += _text(_table(part.get("function")).get(key))
    calls = [uses[index] for index in sorted(uses)]
    return {"role": "assistant", "content": text, "reasoning_content": reasoning, "tool_calls": calls}


# ---------------------------------------------------------------------- hostile data


def _use(identity: Any, name: Any, given: Any) -> ToolUse:
    arguments = _json(given.encode()) if isinstance(given, str) else given
    if not isinstance(arguments, dict):
        arguments = {"raw": given if isinstance(given, str) else json.dumps(given)} if given else {}
    return ToolUse(str(identity or ""), str(name or ""), arguments)


def _text(content: Any) -> str:
    """Return the text of a message's content: of parts that are no text, which kind they are."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part if isinstance(part, str) else _part(_table(part)) for part in content)
    return ""


def _part(part: dict[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type', 'a part')!s:.40}]"


def _json(data: bytes | None) -> Any:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return None


def _word(table: dict[str, Any], key: str) -> str:
    """Return a value that is one of a few words; whatever is no text is none of them."""
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def told_once(turn: Turn, prefix: str) -> Turn:
    """Return a turn whose tools' uses all have an id, as other formats want."""
    uses = tuple(use if use.id else replace(use, id=f"{prefix}-{number}") for number, use in enumerate(turn.uses))
    return replace(turn, uses=uses)
