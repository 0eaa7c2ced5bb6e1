"""Panels with a seat that a language model fills, as a user types it, against a scripted provider."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.testing.providers import Reply, ToolCall, serve

if TYPE_CHECKING:
    from rqgm.testing.providers import Asked

ITEMS = ("--suite", "mini-reviews", "--sandbox", "process")
KEY = "sk-canary-0123456789"


def reviewer(asked: Asked) -> Reply:
    """Accept what differs from the task, pointing at the first line of its program."""
    if asked.tools != ("verdict",):
        return Reply("ok")  # the check before a run
    changed = "@@" in asked.last_user_text
    first = re.search(r"artifact file: program\.py\n {4}1\t(.+)", asked.last_user_text)
    evidence = [{"claim": "it begins so", "file": "program.py", "line": 1, "quote": first[1]}] if first else []
    said = {"verdict": "accept" if changed else "reject", "score": 0.75 if changed else 0.0, "probability": 0.5}
    return Reply(tool_calls=[ToolCall("verdict", said | {"reason": "as scripted", "evidence": evidence})])


@pytest.fixture
def made(project: Any) -> Any:
    """The small project with a panel `mine` as `rqgm judge new --kind model` makes it."""
    done = project.rqgm("judge", "new", "judges/mine", "--kind", "model")
    assert done.returncode == 0, done.stderr
    assert "prompts/review.md.j2" in done.stdout
    return project


@pytest.mark.slow
def test_a_panel_of_a_model_is_asked_checked_and_calibrated(made):
    """Each says what it cost, as text and in JSON."""
    with serve(reviewer, api_key=KEY) as provider:
        env = {"OPENAI_BASE_URL": f"{provider.url}/v1", "OPENAI_API_KEY": KEY}
        shown = made.rqgm("judge", "ask", "mine", *ITEMS, **env)
        assert shown.returncode == 0, shown.stderr
        assert re.search(r"model: accept 0\.75  as scripted\n    held: it begins so: program\.py:1", shown.stdout)
        assert re.search(r"models: 1 calls, \d+ \+ \d+ tokens, \$0\.00\d+", shown.stdout)
        asked = made.rqgm("judge", "ask", "mine", *ITEMS, "--json", **env)
        assert json.loads(asked.stdout)["cost_usd"] > 0
        checked = made.rqgm("judge", "check", "mine", *ITEMS, "--limit", "1", "--json", **env)
        report = json.loads(checked.stdout)
        assert {move["perturbation"] for move in report["moves"]} <= {"deep", "only-orders"}  # nobody reads them
        assert report["cost_usd"] > 0
        pool = ("--pool", "train", "--limit", "2", "--json")
        scores = made.rqgm("judge", "calibrate", "mine", *ITEMS, *pool, **env)
        assert json.loads(scores.stdout)["cost_usd"] > 0
    assert (made.folder / "judges" / "mine" / "calibration.json").exists()


def test_what_is_missing_is_said_in_one_line(made):
    """A key; a budget that allows nothing; nothing is asked then."""
    with serve(reviewer) as provider:
        env = {"OPENAI_BASE_URL": f"{provider.url}/v1"}
        keyless = made.rqgm("judge", "ask", "mine", *ITEMS, **env, OPENAI_API_KEY="")
        assert keyless.returncode == 2
        assert "set OPENAI_API_KEY" in keyless.stderr
        poor = made.rqgm("judge", "ask", "mine", *ITEMS, "--budget-usd", "0.000001", **env, OPENAI_API_KEY=KEY)
        assert poor.returncode == 2
        assert "--budget-usd" in poor.stderr
        assert len(poor.stderr.strip().splitlines()) == 1
        assert provider.served == []
    wrong = made.rqgm("judge", "new", "judges/other", "--kind", "modle")
    assert wrong.returncode == 2
    assert "did you mean 'model'?" in wrong.stderr


@pytest.mark.slow
def test_a_run_is_measured_by_a_panel_of_a_model_and_replays(made):
    """The seat's calls are in the run's record, and the replay makes none."""
    experiment = made.folder / "experiments" / "mini.toml"
    text = experiment.read_text().replace('panel = "review"', 'panel = "mine"')
    experiment.write_text(text)
    argv = ("run", "mini", "--sandbox", "process", "--json", "-c", "budget.outcomes=8")
    refused = made.rqgm(*argv)
    assert refused.returncode == 2
    assert "add that table" in refused.stderr
    experiment.write_text(text + "\n[models]\n")
    with serve(reviewer, api_key=KEY) as provider:
        env = {"OPENAI_BASE_URL": f"{provider.url}/v1", "OPENAI_API_KEY": KEY}
        done = made.rqgm(*argv, "--out", "judged", **env)
        assert done.returncode == 0, done.stderr
        calls = provider.usage().calls
    summary = json.loads(done.stdout)
    assert summary["models"]["calls"] == calls > 1
    assert summary["usage"]["total"]["cost_usd"] > 0
    again = made.rqgm(*argv, "--out", "again", "--replay", "judged")
    assert again.returncode == 0, again.stderr
    replayed = json.loads(again.stdout)
    assert replayed["lineage_head"] == summary["lineage_head"]
    assert replayed["models"]["replayed"] == replayed["models"]["calls"] > 0
