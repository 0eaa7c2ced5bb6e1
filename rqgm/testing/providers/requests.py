"""Requests: from the body of each protocol to `Asked`, or to the error that the real provider would answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rqgm.testing.providers.asked import Asked, Message, Tool, ToolCall
from rqgm.testing.providers.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from rqgm.testing.providers.asked import Protocol

TEXT_PARTS = ("text", "input_text", "output_text")
SYSTEM_ROLES = ("system", "developer")


def read_request(
    protocol: Protocol, raw: bytes, api_key: str, number: int, optional: Collection[str] = ()
) -> Asked | Fault:
    """Return what was asked, or the fault that says what is wrong with the request."""
    try:
        body = json.loads(raw)
    except ValueError:
        return invalid("We could not parse the JSON body of your request.")
    if not isinstance(body, dict):
        return invalid("The body of the request has to be a JSON object.")
    missing: str | None = next(
        (key for key in REQUIRED[protocol] if key not in optional and body.get(key) is None), None
    )
    if missing is not None:
        wanted = f"{missing}: Field required" if protocol == "messages" else f"Missing required parameter: '{missing}'."
        return invalid(wanted, missing)
    return READERS[protocol](body, api_key, number)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Fault:
    """Return the error of a request that is wrong in itself."""
    return Fault("error", 400, "invalid_request_error", message, code=code, param=param)


def _chat(body: Mapping[str, Any], api_key: str, number: int) -> Asked:
    messages = [
        Message(
            message["role"],
            text_of(message.get("content")),
            tuple(_chat_call(call) for call in message.get("tool_calls") or ()),
        )
        for message in body["messages"]
    ]
    tools = tuple(_tool(entry["function"], "parameters") for entry in body.get("tools") or () if "function" in entry)
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    return _asked("chat", body, messages, tools, limit, api_key, number)


def _chat_call(call: Mapping[str, Any]) -> ToolCall:
    function = call.get("function") or {}
    return ToolCall(function.get("name", ""), function.get("arguments", ""), call.get("id", ""))


def _responses(body: Mapping[str, Any], api_key: str, number: int) -> Asked | Fault:
    if previous := body.get("previous_response_id"):  # nothing is stored
        message = f"Previous response with id '{previous}' not found."
        return invalid(message, "previous_response_id", "previous_response_not_found")
    given = body.get("input", "")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages = [Message("system", body["instructions"])] if body.get("instructions") else []
    messages += [read for item in items if (read := _item(item)) is not None]
    tools = tuple(_tool(entry, "parameters") for entry in body.get("tools") or () if "name" in entry)
    return _asked("responses", body, messages, tools, body.get("max_output_tokens"), api_key, number)


def _item(item: Mapping[str, Any]) -> Message | None:
    if item.get("type") == "function_call":
        return Message("assistant", "", (ToolCall(item["name"], item["arguments"], item.get("call_id", "")),))
    if item.get("type") == "function_call_output":
        return Message("tool", text_of(item["output"]))
    return Message(item["role"], text_of(item.get("content"))) if "role" in item else None


def _messages(body: Mapping[str, Any], api_key: str, number: int) -> Asked:
    messages = [Message("system", text_of(body["system"]))] if body.get("system") else []
    messages += [part for message in body["messages"] for part in _turn(message)]
    tools = tuple(_tool(entry, "input_schema") for entry in body.get("tools") or ())
    return _asked("messages", body, messages, tools, body.get("max_tokens"), api_key, number)


def _turn(message: Mapping[str, Any]) -> Iterable[Message]:
    """Take the tools' results out of a turn, as the other protocols send them."""
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    results = [block for block in blocks if block["type"] == "tool_result"]
    yield from (Message("tool", text_of(result.get("content"))) for result in results)
    calls = [ToolCall(b["name"], b["input"], b["id"]) for b in blocks if b["type"] == "tool_use"]
    text = text_of(blocks)
    if text or calls or not results:
        yield Message(message["role"], text, tuple(calls))


def _embeddings(body: Mapping[str, Any], api_key: str, number: int) -> Asked:
    given = body["input"]
    texts = [given] if isinstance(given, str) else given
    # Tokens (numbers, which some clients send) are embedded by their digits.
    messages = [Message("input", text if isinstance(text, str) else json.dumps(text)) for text in texts]
    return _asked("embeddings", body, messages, (), None, api_key, number)


def _asked(
    protocol: Protocol,
    body: Mapping[str, Any],
    messages: list[Message],
    tools: tuple[Tool, ...],
    max_tokens: int | None,
    api_key: str,
    number: int,
) -> Asked:
    return Asked(
        protocol=protocol,
        model=body["model"],
        system="\n\n".join(message.text for message in messages if message.role in SYSTEM_ROLES),
        messages=tuple(message for message in messages if message.role not in SYSTEM_ROLES),
        tool_definitions=tools,
        stream=bool(body.get("stream")),
        max_tokens=max_tokens,
        api_key=api_key,
        number=number,
        body=body,
    )


def _tool(entry: Mapping[str, Any], schema: str) -> Tool:
    return Tool(entry["name"], entry.get("description") or "", entry.get(schema) or {})


def text_of(content: Any) -> str:
    """Return the text of a message's content: a string, or a list of parts of which the texts count."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part["text"] for part in content if part.get("type") in TEXT_PARTS)


READERS = {"chat": _chat, "responses": _responses, "messages": _messages, "embeddings": _embeddings}
REQUIRED = {
    "chat": ("model", "messages"),
    "responses": ("model",),
    "messages": ("model", "max_tokens", "messages"),
    "embeddings": ("model", "input"),
}
