"""Asking a language model through the run's gateway, with the providers' own SDKs.

`Model.ask(system, messages, tools)` is all that roles need. `messages` is a list of

* ``{"role": "user", "text": TEXT}``,
* ``{"role": "model", "turn": TURN}``, what `ask` returned before, and
* ``{"role": "tools", "results": [{"id": ID, "text": TEXT}, ...]}``, the answers to a turn's calls;

`tools` a list of ``{"name", "description", "parameters"}``, the last a JSON Schema. The gateway tries again and meters
by itself, so nothing is tried again here.
"""

import json
from dataclasses import dataclass

from shared import io

MAX_OUTPUT_TOKENS = 8_192
TIMEOUT_S = 300.0


class ModelStopped(Exception):
    """The model cannot be asked (any more); `reason` says in a word why."""

    reason = "refused"


class BudgetExhausted(ModelStopped):
    """The job's or the run's budget is spent (402)."""

    reason = "budget"


class Unavailable(ModelStopped):
    """The provider does not answer, in spite of the gateway's retries (503)."""

    reason = "unavailable"


class TooSlow(ModelStopped):
    """There was no answer within the time-out."""

    reason = "time"


@dataclass
class Call:
    """One call of a tool; `arguments` is None where the model did not write a JSON object."""

    id: str
    name: str
    arguments: dict | None


@dataclass
class Turn:
    """One answer of the model; `raw` is what its provider wants to be shown again."""

    text: str
    calls: list[Call]
    raw: object


class Model:
    """A model, as granted by ``request["model"]``."""

    def __init__(self, grant):
        self.name = grant["names"][0]
        self.usage = {"model_calls": 0, "input_tokens": 0, "output_tokens": 0}
        self._provider = (Anthropic if self.name.startswith("anthropic/") else OpenAI)(grant)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._provider.client.close()

    def ask(self, system, messages, tools, timeout_s=TIMEOUT_S) -> Turn:
        """Return the model's next turn; raises ModelStopped."""
        sdk = self._provider.sdk
        try:
            turn, read, written = self._provider.ask(self.name, system, messages, tools, timeout_s)
        except sdk.APITimeoutError as error:
            raise TooSlow(str(error)) from error
        except sdk.APIConnectionError as error:
            raise Unavailable(str(error)) from error
        except sdk.APIStatusError as error:
            kind = {402: BudgetExhausted, 503: Unavailable}.get(error.status_code, ModelStopped)
            raise kind(f"{error.status_code}: {error.message}") from error
        except sdk.APIError as error:
            raise ModelStopped(f"an answer that cannot be read: {error}") from error
        self.usage["model_calls"] += 1
        self.usage["input_tokens"] += read
        self.usage["output_tokens"] += written
        return turn


def granted_model(request) -> Model:
    """Return the role's model; without a grant the role ends here."""
    grant = request.get("model")
    if not grant:
        io.fail("the run grants this role no model: name one in the experiment's [models]")
    return Model(grant)


def connect(grant):
    """Return an HTTP client whose only way out is the gateway's socket."""
    import httpx2

    return httpx2.Client(transport=httpx2.HTTPTransport(uds=grant["socket"]), trust_env=False)


class OpenAI:
    """Chat completions: what the gateway offers for every provider."""

    # A reasoning model's thoughts go back to it where its provider gives them; the rest of an answer does not.
    SHOWN_AGAIN = ("role", "content", "tool_calls", "reasoning_content", "thinking_blocks")

    def __init__(self, grant):
        import openai

        self.sdk = openai
        base_url = grant["base_url"] + "/v1"
        self.client = openai.OpenAI(
            base_url=base_url, api_key=grant["token"], max_retries=0, http_client=connect(grant)
        )

    def ask(self, name, system, messages, tools, timeout_s):
        """Return the turn, and how many tokens were read and written."""
        answer = self.client.chat.completions.create(
            model=name,
            messages=[{"role": "system", "content": system}, *self._written(messages)],
            tools=[{"type": "function", "function": tool} for tool in tools],
            max_completion_tokens=MAX_OUTPUT_TOKENS,
            timeout=timeout_s,
        )
        if not answer.choices:
            raise ModelStopped("an answer without choices")
        said = answer.choices[0].message.model_dump(exclude_none=True)
        calls = [
            Call(call["id"], call["function"]["name"], arguments(call["function"]["arguments"]))
            for call in said.get("tool_calls") or []
        ]
        raw = {key: said[key] for key in self.SHOWN_AGAIN if said.get(key)}
        usage = answer.usage
        tokens = (usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else (0, 0)
        return Turn(said.get("content") or "", calls, {"content": "", **raw}), *tokens

    def _written(self, messages):
        for message in messages:
            if message["role"] == "model":
                yield message["turn"].raw
            elif message["role"] == "tools":
                for result in message["results"]:
                    yield {"role": "tool", "tool_call_id": result["id"], "content": result["text"]}
            else:
                yield {"role": "user", "content": message["text"]}


class Anthropic:
    """The messages of Anthropic's own protocol."""

    def __init__(self, grant):
        import anthropic

        self.sdk = anthropic
        self.client = anthropic.Anthropic(
            base_url=grant["base_url"], api_key=grant["token"], max_retries=0, http_client=connect(grant)
        )

    def ask(self, name, system, messages, tools, timeout_s):
        """Return the turn, and how many tokens were read and written."""
        answer = self.client.messages.create(
            model=name,
            system=system,
            messages=[self._written(message) for message in messages],
            tools=[
                {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
                for tool in tools
            ],
            max_tokens=MAX_OUTPUT_TOKENS,
            timeout=timeout_s,
        )
        blocks = [block.model_dump(exclude_none=True) for block in answer.content]
        text = "".join(block["text"] for block in blocks if block["type"] == "text")
        calls = [Call(block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]
        usage = answer.usage
        cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        raw = blocks or [{"type": "text", "text": "(nothing)"}]  # an empty message would be refused
        return Turn(text, calls, raw), usage.input_tokens + cached, usage.output_tokens

    def _written(self, message):
        if message["role"] == "model":
            return {"role": "assistant", "content": message["turn"].raw}
        if message["role"] == "tools":
            results = [
                {"type": "tool_result", "tool_use_id": result["id"], "content": result["text"]}
                for result in message["results"]
            ]
            return {"role": "user", "content": results}
        return {"role": "user", "content": message["text"]}


def arguments(text):
    """Return the arguments of a call, None where `text` is not a JSON object."""
    try:
        data = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
