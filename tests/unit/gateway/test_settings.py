"""The table `[models]`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rqgm.gateway.settings import ModelsSettings

MODEL = "openai/gpt-4o-mini"


def read(**table: Any) -> ModelsSettings:
    return ModelsSettings.model_validate(table)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"default": "gpt-4o-mini"}, "default"),
        ({"default": "OpenAI/gpt"}, "default"),
        ({"default": "openai/a b"}, "default"),
        ({"default": "openai/" + "a" * 201}, "default"),
        ({"default": MODEL, "roles": {"coder": "none"}}, "roles.coder"),
        ({"default": MODEL, "mode": "replay"}, "needs `cassette`"),
        ({"default": MODEL, "mode": "replay-or-live"}, "needs `cassette`"),
        ({"default": MODEL, "mode": "record", "cassette": "run"}, "cassette is for mode"),
        ({"default": MODEL, "mode": "never"}, "mode"),
        ({"default": MODEL, "temperature": 1}, "temperature"),
        ({"default": MODEL, "job": {"usd": 0}}, "job.usd"),
        ({"default": MODEL, "job": {"usd": float("nan")}}, "job.usd"),
        ({"default": MODEL, "job": {"usd": float("inf")}}, "job.usd"),
        ({"default": MODEL, "job": {"calls": -1}}, "job.calls"),
        ({"default": MODEL, "limits": {"coder": {"dollars": 1}}}, "limits.coder.dollars"),
        ({"default": MODEL, "providers": {"openai": {"base_url": "ftp://x"}}}, "base_url"),
        ({"default": MODEL, "providers": {"openai": {"key_env": "sk-live-1234"}}}, "key_env"),
        ({"default": MODEL, "providers": {"openai": {"attempts": 0}}}, "attempts"),
        ({"default": MODEL, "providers": {"openai": {"timeout_s": 0}}}, "timeout_s"),
        ({"default": MODEL, "providers": {"openai": {"key": "sk-live-1234"}}}, "providers.openai.key"),
        ({"default": MODEL, "prices": {MODEL: {"input_usd_per_mtok": -1, "output_usd_per_mtok": 0}}}, "prices"),
        ({"default": MODEL, "max_output_tokens": 0}, "max_output_tokens"),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, Any], said: str) -> None:
    """By its key."""
    with pytest.raises(ValidationError) as error:
        read(**table)
    assert said in str(error.value)


def test_only_roles_with_a_model_are_granted_one() -> None:
    """The named ones theirs, the others the default, if there is one."""
    named = read(roles={"coder": MODEL})
    assert named.granted(["coder", "reviewer"]) == {"coder": MODEL}
    both = read(default="anthropic/m", roles={"coder": MODEL})
    assert both.granted(["coder", "reviewer"]) == {"coder": MODEL, "reviewer": "anthropic/m"}


def test_only_a_replay_makes_no_call() -> None:
    """All other modes may."""
    for mode, may in (("live", True), ("record", True), ("replay", False), ("replay-or-live", True)):
        cassette = {"cassette": "run"} if mode.startswith("replay") else {}
        assert read(default=MODEL, mode=mode, **cassette).may_call is may


def test_a_job_has_limits_unless_it_is_told_otherwise() -> None:
    """A dollar, two hundred calls."""
    job = read(default=MODEL).job
    assert (job.usd, job.tokens, job.calls) == (1.0, None, 200)
    assert read(default=MODEL, job={}).job.usd is None
