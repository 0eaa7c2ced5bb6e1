"""Seats that a language model fills: a prompt of the panel's folder, a model, and one tool to answer by."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rqgm.core.criteria import MAX_CRITERIA
from rqgm.core.errors import ConfigError, RqgmError
from rqgm.core.failures import Failure
from rqgm.core.hashes import canonical_json, hash_json
from rqgm.core.text import clean
from rqgm.core.toml import parse
from rqgm.core.usage import Usage
from rqgm.core.words import Fulfilment, Verdict
from rqgm.judging.evidence import Evidence
from rqgm.judging.exhibits import PromptError, exhibit
from rqgm.judging.heard import heard_text
from rqgm.judging.judge import Judge, JudgeCase, Opinion
from rqgm.judging.prompt import Prompt, load_prompt
from rqgm.roles.messages import EvidencePointer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rqgm.core.grants import ModelLease
    from rqgm.judging.panel import SeatSpec
    from rqgm.judging.seats import Lend
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile

TOOL = "verdict"
TRIES = 2
OK = 200
SYSTEM = "prompts/system.md"
MAX_REASON = 2_000
MAX_EVIDENCE = 20


class Parameters(BaseModel):
    """A seat's `config`. What is left out is the provider's default; not every model takes every parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    max_tokens: int = Field(default=8_192, ge=1, description="of one answer, reasoning included")
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    shown_bytes: int = Field(
        default=100_000,
        ge=1_000,
        le=4 << 20,
        description="most of the artifact's files, the task's, the difference and the instruction, each",
    )

    def of_request(self, model: str) -> dict[str, Any]:
        """Return what goes into a request. OpenAI's newer models know the limit by its newer name only."""
        told = self.model_dump(exclude_none=True, exclude={"max_tokens", "shown_bytes"})
        limit = "max_completion_tokens" if model.startswith("openai/") else "max_tokens"
        return told | {limit: self.max_tokens}


class Pointer(BaseModel):
    """One piece of evidence, as the model gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    claim: Annotated[str, Field(min_length=1, max_length=2_000)]
    criterion: Annotated[str, Field(max_length=63, description="id of the criterion that this is about")] | None = None
    place: Literal["artifact", "task"] = "artifact"
    file: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    line: Annotated[int, Field(ge=1)] | None = None
    quote: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=1_000,
                description="a part of that one line, exactly as it stands there, without the line's number",
            ),
        ]
        | None
    ) = None


class VerdictCall(BaseModel):
    """What the tool is called with."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    verdict: Literal["accept", "reject", "abstain"]
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, description="how good the artifact is")]
    probability: Annotated[
        float, Field(ge=0, le=1, allow_inf_nan=False, description="that the artifact is right, honestly")
    ]
    reason: Annotated[str, Field(description="why, in a few sentences")]
    evidence: Annotated[list[Pointer], Field(max_length=MAX_EVIDENCE)] = []
    criteria: Annotated[dict[str, Fulfilment], Field(max_length=MAX_CRITERIA)] = {}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Function(_Part):
    name: str
    arguments: str


class _Call(_Part):
    function: _Function


class _Message(_Part):
    tool_calls: list[_Call] | None = None


class _Choice(_Part):
    message: _Message


class _Answer(_Part):
    choices: Annotated[list[_Choice], Field(min_length=1)]


@dataclass(frozen=True)
class ModelSeat:
    """A seat that a language model fills, with the prompt that it is asked by."""

    model: str
    parameters: Parameters
    prompt: Prompt

    @cached_property
    def hash(self) -> str:
        """Hash of model, parameters, the prompt with all that it includes, and the words and the tool of every seat."""
        told = self.parameters.model_dump(mode="json")
        return hash_json([self.model, told, self.prompt.name, dict(self.prompt.texts), system_text(), tool([])])

    def judge(self, sandboxes: Sandboxes, profile: Profile, lend: Lend | None = None) -> Judge:  # noqa: ARG002
        """Return the judge that asks the model, through leases that `lend` gives; ConfigError without."""
        if lend is None:
            raise ConfigError(f"a seat is filled by the model {self.model}, and no gateway is there to ask it")
        return ModelJudge(self, lend)


@dataclass(frozen=True)
class ModelJudge:
    """Asks a model once, and once more where the answer cannot be read; then it abstains.

    Only a call of the tool counts: no text is searched for words. An artifact of which something was not shown is not
    accepted.
    """

    seat: ModelSeat
    lend: Lend

    async def judge(self, case: JudgeCase) -> Opinion:
        """Return the model's opinion with what it cost; what is wrong outside of the model raises."""
        exhibits, variables, unseen = exhibit(case, self.seat.parameters.shown_bytes)
        heard = heard_text(case.place, exhibits, self.seat.parameters.shown_bytes)
        beside = f"\n\n{heard}" if heard and not self.seat.prompt.uses("heard") else ""
        try:
            prompt = exhibits.unveiled(self.seat.prompt.render(variables | {"heard": heard}) + beside)
        except PromptError as error:
            return _abstention(Failure.CRASH, str(error))
        lease = self.lend()
        if lease is None:
            raise ConfigError(f"the seat's model {self.seat.model} was granted to nobody; grant it to the seat")
        try:
            opinion = await self._asked(lease, prompt, [one.id for one in case.criteria])
        except BaseException:
            with suppress(RqgmError):  # what went wrong first is what is told
                await lease.close()
            raise
        spent = await lease.close()
        if spent.exhausted and opinion.failure is Failure.NO_RESPONSE:
            opinion = replace(opinion, failure=Failure.BUDGET_EXHAUSTED)
        return replace(_seen_whole(opinion, unseen), usage=spent.usage)

    async def _asked(self, lease: ModelLease, prompt: str, asked: list[str]) -> Opinion:
        messages = [{"role": "system", "content": system_text()}, {"role": "user", "content": prompt}]
        wrong = ""
        for _ in range(TRIES):
            status, answer = await lease.ask("chat", self._request(messages, asked))
            if status != OK:
                return _abstention(Failure.NO_RESPONSE, f"the model's answer is an error, {status}: {_message(answer)}")
            said = read_verdict(answer)
            if isinstance(said, VerdictCall):
                return _opinion(said, asked)
            wrong = said
            again = f"Your answer could not be read: {wrong}. Call the tool `{TOOL}` once, with all that it asks for."
            messages = [*messages[:2], {"role": "user", "content": again}]
        return _abstention(Failure.MALFORMED_RESPONSE, wrong)

    def _request(self, messages: list[dict[str, str]], asked: list[str]) -> dict[str, Any]:
        seat = self.seat
        choice = {"type": "function", "function": {"name": TOOL}}
        told = {"model": seat.model, "messages": messages, "tools": [tool(asked)], "tool_choice": choice}
        return told | seat.parameters.of_request(seat.model)


def read_verdict(answer: Mapping[str, Any]) -> VerdictCall | str:
    """Return the verdict in a chat completion, or in one line what is wrong with it."""
    try:
        calls = _Answer.model_validate(answer).choices[0].message.tool_calls or []
        if len(calls) != 1 or calls[0].function.name != TOOL:
            return f"there must be one call of the tool {TOOL}, there were {len(calls)} calls of tools"
        data = json.loads(calls[0].function.arguments, parse_constant=_refuse_constant)
        canonical_json(data).encode()  # refuses lone surrogates, which could not be stored
        return VerdictCall.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return clean(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 300)
    except (ValueError, RecursionError) as error:
        return clean(f"the arguments are not JSON: {error}", 300)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _opinion(said: VerdictCall, asked: list[str]) -> Opinion:
    verdict = Verdict(said.verdict)
    why = {"why": clean(said.reason, MAX_REASON, lines=True)}
    return Opinion(
        verdict,
        said.score,
        Failure.ABSTAINED if verdict is Verdict.ABSTAIN else None,
        "",
        Usage(),
        {**why, "probability": said.probability},
        tuple(Evidence(EvidencePointer.model_validate(one.model_dump())) for one in said.evidence),
        {name: said.criteria[name] for name in asked if name in said.criteria},
        why,
    )


def _seen_whole(opinion: Opinion, unseen: list[str]) -> Opinion:
    """Return an opinion that accepts only what was shown whole."""
    if not unseen or opinion.verdict is not Verdict.ACCEPT:
        return opinion
    more = f" and {len(unseen) - 1} more" if len(unseen) > 1 else ""
    detail = clean(f"would accept, but was not shown {unseen[0]}{more}", 300)
    return replace(opinion, verdict=Verdict.ABSTAIN, score=0.0, failure=Failure.ABSTAINED, detail=detail)


def _abstention(failure: Failure, detail: str) -> Opinion:
    return Opinion(Verdict.ABSTAIN, 0.0, failure, clean(detail, 300), Usage())


def _message(answer: Mapping[str, Any]) -> str:
    error = answer.get("error")
    return str(error.get("message", "")) if isinstance(error, dict) else ""


@cache
def system_text() -> str:
    """Return what every model that judges is told: how foreign text is fenced, and how it answers."""
    return files("rqgm.judging").joinpath(SYSTEM).read_text(encoding="utf-8")


def tool(asked: list[str]) -> dict[str, Any]:
    """Return the definition of the tool; where criteria are asked, with an answer to each of them."""
    schema = VerdictCall.model_json_schema()
    parts = schema.pop("$defs")
    properties: dict[str, Any] = schema["properties"]
    properties["evidence"]["items"] = parts["Pointer"]
    del properties["criteria"]
    if asked:
        answers = {name: {"type": "string", "enum": [one.value for one in Fulfilment]} for name in asked}
        properties["criteria"] = {
            "type": "object",
            "properties": answers,
            "required": asked,
            "additionalProperties": False,
        }
        schema["required"] = [*schema["required"], "criteria"]
    plain = _without_titles(schema)
    return {"type": "function", "function": {"name": TOOL, "description": "Give your verdict.", "parameters": plain}}


def _without_titles(schema: Any) -> Any:
    """Return a schema without what pydantic adds for people: titles, and the docstrings of classes."""
    if isinstance(schema, list):
        return [_without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    own = ("title", "description") if "properties" in schema else ("title",)
    return {key: _without_titles(value) for key, value in schema.items() if key not in own or isinstance(value, dict)}


def open_model_seat(folder: Path, seat: SeatSpec, where: str) -> ModelSeat:
    """Return who sits in a seat that a model fills; ConfigError names the seat, what is wrong and the remedy."""
    assert seat.prompt is not None, "the panel's file was checked"
    parameters = parse(seat.config, Parameters, f"{where}.config")
    return ModelSeat(seat.target, parameters, load_prompt(folder, seat.prompt, f"{where}.prompt"))
