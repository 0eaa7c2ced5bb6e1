"""Faults: what goes wrong with providers, on demand and in the words of the real ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rqgm.testing.providers.asked import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["error", "stream_error", "reset", "stall", "truncated", "page"]

PARTIAL = Reply("This answer is cut off before it has been given in full, as the script told.")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; made by the functions below.

    `type`, `message`, `code` and `param` are those of an error's body, in OpenAI's shape; `{model}` in a message is the
    model that was asked. `anthropic` is what Anthropic says instead: status, type and message. `after` is the number of
    pieces of `reply` that are sent first; None = nothing is sent, not even a status.
    """

    kind: Kind
    status: int = 200
    type: str = ""
    message: str = ""
    code: str | None = None
    param: str | None = None
    anthropic: tuple[int, str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: int | None = None
    reply: Reply = PARTIAL
    latency_s: float = 0.0


def unauthorized() -> Fault:
    """Find the api key wrong: 401."""
    url = "https://platform.openai.com/account/api-keys"
    message = f"Incorrect API key provided: {{api_key}}. You can find your API key at {url}."
    anthropic = (401, "authentication_error", "invalid x-api-key")
    return Fault("error", 401, "invalid_request_error", message, "invalid_api_key", anthropic=anthropic)


def forbidden() -> Fault:
    """Deny the key what it asks for: 403."""
    message = "Project does not have access to model `{model}`"
    anthropic = (403, "permission_error", "Your API key does not have permission to use the specified resource.")
    return Fault("error", 403, "invalid_request_error", message, "model_not_found", anthropic=anthropic)


def unknown_model() -> Fault:
    """Know no such model: 404."""
    message = "The model `{model}` does not exist or you do not have access to it."
    anthropic = (404, "not_found_error", "model: {model}")
    return Fault("error", 404, "invalid_request_error", message, "model_not_found", anthropic=anthropic)


def rate_limited(retry_after_s: float | None = None, retry_after_ms: int | None = None) -> Fault:
    """Get too many requests: 429, with the headers that say when to come back, if told."""
    headers = {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
    if retry_after_ms is not None:
        headers["retry-after-ms"] = str(retry_after_ms)
    message = (
        "Rate limit reached for {model} in organization org-scripted on tokens per min (TPM): Limit 30000, Used 29000, "
        "Requested 2000. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    limit = (
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute. For details, "
        "refer to: https://docs.claude.com/en/api/rate-limits."
    )
    anthropic = (429, "rate_limit_error", limit)
    return Fault("error", 429, "tokens", message, "rate_limit_exceeded", anthropic=anthropic, headers=headers)


def out_of_quota() -> Fault:
    """Find no money on the account: OpenAI says 429 (a retry does not help), Anthropic 400."""
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
    )
    credit = (
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
        "purchase credits."
    )
    anthropic = (400, "invalid_request_error", credit)
    return Fault("error", 429, "insufficient_quota", message, "insufficient_quota", anthropic=anthropic)


def server_error(status: int = 500) -> Fault:
    """Break on the provider's side: 500, or another status of that kind."""
    message = "The server had an error while processing your request. Sorry about that!"
    return Fault("error", status, "server_error", message, anthropic=(status, "api_error", "Internal server error"))


def overloaded() -> Fault:
    """Have too much to do: Anthropic says 529, OpenAI 503."""
    message = "The engine is currently overloaded, please try again later."
    return Fault("error", 503, "server_error", message, anthropic=(529, "overloaded_error", "Overloaded"))


def context_overflow(limit: int = 128_000, tokens: int = 130_000) -> Fault:
    """Find the prompt longer than the model can read: 400."""
    message = (
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages."
    )
    anthropic = (400, "invalid_request_error", f"prompt is too long: {tokens} tokens > {limit} maximum")
    code = "context_length_exceeded"
    return Fault("error", 400, "invalid_request_error", message, code, "messages", anthropic)


def content_filter() -> Fault:
    """Refuse the request by a filter: 400.

    A reply that is cut by one is ``Reply(finish="content_filter")``.
    """
    message = (
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
        "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting"
    )
    anthropic = (400, "invalid_request_error", "Output blocked by content filtering policy")
    return Fault("error", 400, "invalid_request_error", message, "invalid_prompt", anthropic=anthropic)


def stream_error(after: int = 1, reply: Reply = PARTIAL) -> Fault:
    """Send an error inside a stream, after some pieces; a request that does not stream gets it as a status."""
    message = "The server had an error while processing your request. Sorry about that!"
    anthropic = (529, "overloaded_error", "Overloaded")
    return Fault(
        "stream_error", 500, "server_error", message, "server_error", anthropic=anthropic, after=after, reply=reply
    )


def reset(after: int | None = None, reply: Reply = PARTIAL) -> Fault:
    """Reset the connection: before anything is sent, or after some pieces of a stream (half of a body)."""
    return Fault("reset", after=after, reply=reply)


def stall(after: int | None = None, reply: Reply = PARTIAL) -> Fault:
    """Send nothing more until the client leaves or the provider closes: at once, or after some pieces of a stream."""
    return Fault("stall", after=after, reply=reply)


def truncated(after: int = 1, reply: Reply = PARTIAL) -> Fault:
    """End inside the JSON although HTTP says that the body is whole.

    A stream ends in the middle of an event: the SDKs drop that event and raise nothing, so only what is missing tells.
    """
    return Fault("truncated", after=after, reply=reply)


def html_page(status: int = 200) -> Fault:
    """Send an HTML page instead of JSON: 200 as a captive portal does, 502 as a proxy does."""
    return Fault("page", status, message="OK" if status < 400 else "Bad Gateway")  # noqa: PLR2004  # HTTP's errors
