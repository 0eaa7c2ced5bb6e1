"""Runs whose roles call a language model: the seed `coding-llm`, by the real SDKs, against a scripted provider."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.gateway.prices import price_of
from rqgm.gateway.settings import ModelsSettings
from rqgm.gateway.usage import Tokens
from rqgm.testing.providers import Reply, ToolCall, serve

if TYPE_CHECKING:
    from rqgm.testing.providers import Asked, Provider

ROOT = Path(__file__).parents[2]
SEED = ROOT / "archive" / "seeds" / "coding-llm"
MODELS = {"default": "openai/gpt-4o-mini", "roles": {"editor": "anthropic/claude-haiku-4-5"}}
CAREFUL = "Be careful."
KEYS = {"OPENAI_API_KEY": "sk-canary-openai-0123456789", "ANTHROPIC_API_KEY": "sk-ant-canary-9876543210"}
LOOK_AROUND = (
    "cat program.py; (env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n') | grep -v ^_= | sort -u; "
    "ls /run/rqgm /rqgm/io; cat /rqgm/io/request.json"
)
"""What the coder prints is in the record of calls, which is searched for the engine's keys."""
SMALL = """
[search]
train_samples = 1
alpha = 0.55
lag = 4
[budget]
outcomes = 20
[epochs]
first = 14
race.candidates = 0
min_anchor = 1
replacement = "best-belief"
[adversarial]
enabled = false
"""


class Teacher:
    """A scripted model that is good at its work once its prompt says that it is to be careful; the editor adds that."""

    def __init__(self, tasks: Path, reviews: Path, scratch: Path) -> None:
        self.solutions = {
            (folder / "instruction.md").read_text().strip(): (folder / "solution" / "program.py").read_text()
            for folder in tasks.iterdir()
            if (folder / "solution" / "program.py").exists()
        }
        self.labels = dict(differences(reviews, scratch))
        self.edits = 0

    def __call__(self, asked: Asked) -> Reply:
        tools = {tool.name for tool in asked.tool_definitions}
        if "bash" in tools:
            return self.code(asked)
        if "verdict" in tools:
            return self.review(asked)
        if "done" in tools:
            return self.edit(asked)
        return Reply("ok")  # the check before the run

    def code(self, asked: Asked) -> Reply:
        if asked.messages[-1].role == "tool":
            return Reply(tool_calls=[ToolCall("submit", {"summary": "done"})])
        command = LOOK_AROUND
        if CAREFUL in asked.system:
            right = next((text for told, text in self.solutions.items() if told in asked.last_user_text), "")
            command = f"cat > program.py <<'EOF_OF_PROGRAM'\n{right}EOF_OF_PROGRAM"
        return Reply(tool_calls=[ToolCall("bash", {"command": command})])

    def review(self, asked: Asked) -> Reply:
        accept = True
        if CAREFUL in asked.system:
            accept = next((label for text, label in self.labels.items() if text in asked.last_user_text), True)
        said = {"verdict": "accept" if accept else "reject", "score": float(accept), "probability": float(accept)}
        return Reply(tool_calls=[ToolCall("verdict", said | {"reason": "as taught"})])

    def edit(self, asked: Asked) -> Reply:
        if asked.messages[-1].role == "tool":
            return Reply(tool_calls=[ToolCall("done", {"tried": "asked for care", "why": "it helps"})])
        self.edits += 1
        role = ("reviewer", "coder")[self.edits % 2]
        first = (SEED / role / "prompts" / "system.md").read_text().splitlines()[0]
        change = {"file": f"{role}/prompts/system.md", "old": first, "new": f"{CAREFUL} {first}"}
        return Reply(tool_calls=[ToolCall("replace", change)])


def differences(reviews: Path, scratch: Path) -> list[tuple[str, bool]]:
    """Return (what a reviewer is shown as the difference, is it right) of every item."""
    sys.path.insert(0, str(SEED))
    try:
        from shared.files import difference, listing
    finally:
        sys.path.remove(str(SEED))
        for name in [name for name in sys.modules if name.partition(".")[0] == "shared"]:
            del sys.modules[name]
    labels = {row["id"]: row["label"] == "accept" for row in rows_of(reviews / "labels.jsonl")}
    found = []
    for item in rows_of(reviews / "items.jsonl"):
        places = []
        for part, files in (("task", item["task"]["files"]), ("artifact", item["artifact"])):
            place = scratch / item["id"] / part
            place.mkdir(parents=True)
            for name, text in files.items():
                (place / name).write_text(text)
            places.append(str(place))
        found.append((difference(*places, listing(places[1])).strip(), labels[item["id"]]))
    return found


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def classroom(dear_project: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small project with the experiment `lessons`, and the teacher that plays all its models."""
    text = (ROOT / "experiments" / "coding-llm.toml").read_text()
    text = re.sub(r'name = "coding-llm"', 'name = "lessons"', text).replace('suite = "repair', 'suite = "mini')
    text = re.sub(r"(?s)\[search\].*", SMALL, text)
    text = re.sub(r"(?s)\[models\].*?\n\n", "", text)
    models = f'\n[models]\ndefault = "{MODELS["default"]}"\nroles = {{ editor = "{MODELS["roles"]["editor"]}" }}\n'
    (dear_project.folder / "experiments" / "lessons.toml").write_text(text + models)
    tasks = dear_project.folder / "tasks"
    teacher = Teacher(tasks / "mini", tasks / "mini-reviews", tmp_path_factory.mktemp("items"))
    return dear_project, teacher


def cost_usd(provider: Provider) -> float:
    """Return what all served calls cost, by what the server counted."""
    total = 0.0
    for served in provider.served:
        if served.usage is None or served.status != 200:
            continue
        name = MODELS["default"] if served.protocol == "chat" else MODELS["roles"]["editor"]
        price = price_of(name, ModelsSettings.model_validate(MODELS))
        total += price.cost_usd(Tokens(served.usage.input_tokens, served.usage.output_tokens))
    return total


def run_lesson(project: Any, teacher: Teacher, backend: str, *more: str) -> dict[str, Any]:
    """Run, check that costs add up, replay without a provider, look for keys; return the summary."""
    argv = ("run", "lessons", "--sandbox", backend, "--json", *more)
    with serve(teacher) as provider:
        env = {**KEYS, "OPENAI_BASE_URL": provider.url + "/v1", "ANTHROPIC_BASE_URL": provider.url}
        done = project.rqgm(*argv, "--out", "taught", timeout=1800, **env)
        assert done.returncode == 0, done.stderr
        served, told = provider.usage(), cost_usd(provider)
    summary = json.loads(done.stdout)
    assert summary["finished"]
    assert summary["models"]["calls"] == served.calls
    assert summary["models"]["cost_usd"] == pytest.approx(told, abs=1e-9)
    counted = summary["usage"]["total"]["cost_usd"] + summary["models"]["uncounted_usd"]
    assert counted == pytest.approx(told, abs=1e-9)
    settings = ("run", "--sandbox", backend, "--json", "--out", "again")  # the experiment is the recorded run's
    again = project.rqgm(*settings, "--replay", "taught", timeout=1800)
    assert again.returncode == 0, again.stderr
    replayed = json.loads(again.stdout)
    assert replayed["lineage_head"] == summary["lineage_head"]
    assert replayed["endpoints"] == summary["endpoints"]
    assert replayed["models"]["replayed"] == replayed["models"]["calls"] > 0
    assert_no_keys(project.folder)
    heads = ("--head", summary["ledger_head"], "--calls-head", summary["models"]["calls_head"])
    audit = project.json("audit", "taught", *heads)
    checks = {finding["check"]: finding["standing"] for finding in audit["findings"]}
    assert checks["calls"] == checks["cost of calls"] == checks["hidden"] == "passed", audit["findings"]
    assert project.json("audit", "again")["passed"]
    return summary


def assert_no_keys(folder: Path) -> None:
    """Look for the providers' keys in everything that was written, packed texts unpacked."""
    import zstandard

    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if data.startswith(b"\x28\xb5\x2f\xfd"):
                data = zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 28)
            assert not any(key.encode() in data for key in KEYS.values()), path


@pytest.mark.slow
@pytest.mark.docker
def test_a_run_on_docker_evolves_by_models_and_replays_to_the_equal_lineage(classroom, docker):
    """Editor, coder and reviewer call by the SDKs, a seat is replaced, costs add up, the replay makes no call."""
    summary = run_lesson(*classroom, "docker")
    assert summary["replacements"], "the careful reviewer takes the seat"
    assert summary["endpoints"]["generalist"]["index"] > 0
    assert summary["seed_test"]["passed"] == 0
    assert summary["endpoints"]["specialists"]["coder"]["test"]["passed"] == summary["seed_test"]["total"]


@pytest.mark.slow
@pytest.mark.bubblewrap
def test_the_same_works_without_an_image(classroom, bubblewrap):
    """On bubblewrap the SDKs are lent by the engine's environment."""
    project, teacher = classroom
    run_lesson(project, teacher, "bubblewrap", "-c", "budget.outcomes=4")
    again = project.json("audit", "taught", "--replay", "all", "--edits", "--sandbox", "bubblewrap")["findings"][-1]
    assert (again["check"], again["standing"]) == ("replay", "passed"), again["faults"]


def refusal(project: Any, *argv: str, **env: str) -> str:
    """Run what must be refused before anything starts; return the message."""
    done = project.rqgm("run", "lessons", "--out", "refused", "--sandbox", "bubblewrap", *argv, **env)
    assert done.returncode == 2, done.stderr
    assert not (project.folder / "refused" / "run.lock.json").exists()
    return done.stderr


@pytest.mark.slow
@pytest.mark.bubblewrap
def test_models_that_cannot_be_used_are_refused_before_anything_starts(classroom, bubblewrap):
    """No key, a wrong key, an unknown model, one without a price, a cassette that is none: exit 2, with the remedy."""
    from rqgm.testing.providers import echo

    project, _ = classroom
    none = {"OPENAI_API_KEY": "", "ANTHROPIC_API_KEY": ""}
    assert "set ANTHROPIC_API_KEY in the environment" in refusal(project, **none)
    with serve(echo(), api_key=KEYS["OPENAI_API_KEY"], models=["gpt-4o-mini"]) as provider:
        env = {"OPENAI_BASE_URL": provider.url + "/v1", "ANTHROPIC_BASE_URL": provider.url, **KEYS}
        only = ("-c", "models.roles={}")
        wrong = refusal(project, *only, **env | {"OPENAI_API_KEY": "sk-wrong-0123456789"})
        assert "openai/gpt-4o-mini cannot be used" in wrong
        assert "401" in wrong
        assert "sk-wrong-0123456789" not in wrong
        unknown = refusal(project, *only, "--model", "openai/gpt-4o", **env)
        assert "openai/gpt-4o cannot be used" in unknown
    unpriced = refusal(project, "--model", "hosted_vllm/mine", **KEYS, HOSTED_VLLM_API_BASE="http://127.0.0.1:9/v1")
    assert '[models.prices."hosted_vllm/mine"]' in unpriced
    nothing = refusal(project, "-c", "models.mode=replay", "-c", "models.cassette=nowhere", **KEYS)
    assert "no recorded calls here" in nothing


@pytest.mark.slow
@pytest.mark.bubblewrap
def test_a_provider_that_goes_away_pauses_the_run_and_a_resume_goes_on(classroom, bubblewrap):
    """Exit 4, nothing scored; afterwards the run ends, and every answered call was paid once."""
    from rqgm.testing.providers import with_faults
    from rqgm.testing.providers.faults import server_error

    project, teacher = classroom
    quick = [f"-c models.providers.{name}.attempts=2" for name in ("openai", "anthropic")]
    argv = ["run", "lessons", "--out", "cut", "--sandbox", "bubblewrap", "-c", "budget.outcomes=4", "--workers", "1"]
    argv += [part for option in quick for part in option.split(" ", 1)]
    script = with_faults(teacher, {lambda asked: asked.number > 4: server_error()})
    with serve(script) as provider:
        env = {**KEYS, "OPENAI_BASE_URL": provider.url + "/v1", "ANTHROPIC_BASE_URL": provider.url}
        cut = project.rqgm(*argv, timeout=900, **env)
        paid = cost_usd(provider)
    assert cut.returncode == 4, cut.stderr
    assert "rqgm resume" in cut.stderr
    assert "2 jobs in a row failed outside the agents" in cut.stderr
    with serve(teacher) as provider:
        env = {**KEYS, "OPENAI_BASE_URL": provider.url + "/v1", "ANTHROPIC_BASE_URL": provider.url}
        done = project.rqgm("resume", "cut", "--json", timeout=900, **env)
        paid += cost_usd(provider)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["finished"]
    assert summary["outcomes"] == 4
    assert summary["models"]["cost_usd"] == pytest.approx(paid, abs=1e-9)
