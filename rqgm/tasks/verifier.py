"""Run a task's hidden tests on an artifact, in a clean sandbox, and read the reward as hostile text."""

from __future__ import annotations

import json
import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.failures import Failure
from rqgm.core.text import clean
from rqgm.core.trees import TreeLimits, select
from rqgm.core.usage import Usage
from rqgm.sandbox.protocol import inside
from rqgm.tasks.task import check_backend, task_profile

if TYPE_CHECKING:
    from rqgm.core.trees import File, Tree
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Completed, Sandbox
    from rqgm.tasks.task import Task

TESTS = "/tests"
LOGS = "/logs/verifier"
REWARDS = ("reward.json", "reward.txt")
REWARD_LIMITS = TreeLimits(files=2, file_bytes=64 * 1024, total_bytes=128 * 1024)
MAX_SHEBANG = 256


@dataclass(frozen=True, slots=True)
class Verification:
    """What the hidden tests say. `score` is the reward under the suite's key (0.0 when there is a `failure`).

    `rewards` holds all the numbers that the verifier wrote, `detail` one line for people.
    """

    score: float
    success: bool
    failure: Failure | None
    detail: str
    usage: Usage
    rewards: dict[str, float]


class _NoRewardError(ValueError):
    """There is no valid reward; the text says why."""


async def verify(task: Task, artifact: Tree, sandboxes: Sandboxes, profile: Profile) -> Verification:
    """Score an artifact: the untouched environment, only the declared artifacts over it, the hidden tests.

    What goes wrong inside is the artifact's doing and comes back as a failure, because `rqgm task check` has proved the
    verifier. Raises ConfigError for a task that cannot be verified here, InfrastructureError for a lost sandbox.
    """
    if not task.artifacts:
        raise ConfigError(f"{task.folder}/task.toml: declares no artifacts: set [rqgm] artifacts = [...]")
    chosen = select(artifact, task.artifacts)
    if not chosen:
        return _failed(Failure.MISSING_ARTIFACT, f"none of {', '.join(task.artifacts)} is there", Usage())
    check_backend(task, sandboxes.backend)
    async with sandboxes.lease(task_profile(task, profile)) as sandbox:
        check_place(task, sandbox)
        await sandbox.put(task.workdir, overlay(task, chosen), writable=True)
        await sandbox.put(TESTS, task.tests, writable=True)  # so that a verifier can delete its secrets
        await sandbox.put(LOGS, {}, writable=True)
        done = await sandbox.run(
            command(task, sandbox),
            cwd=task.workdir,
            env={**task.file.verifier.env, "RQGM_WORKDIR": task.workdir},
            wall_s=min(task.verifier_timeout_s, profile.wall_s),
        )
        return await _judge(task, sandbox, done)


def overlay(task: Task, artifact: Tree) -> dict[str, File]:
    """Return the untouched environment with its artifact paths replaced by what the agent left there."""
    replaced = select(task.environment, task.artifacts)
    ours = {path: file for path, file in task.environment.items() if path not in replaced}
    return {**ours, **select(artifact, task.artifacts)}


def check_place(task: Task, sandbox: Sandbox) -> None:
    """Refuse a task whose verifier knows only absolute paths in a sandbox that cannot offer them."""
    if sandbox.root and b"RQGM_ROOT" not in task.tests["test.sh"].data:
        raise ConfigError(
            f"{task.folder}/tests/test.sh: uses absolute paths, which the back-end `process` does not have; "
            'use docker or bubblewrap, or write "${RQGM_ROOT:-}/tests" and "${RQGM_ROOT:-}/logs/verifier"'
        )


def command(task: Task, sandbox: Sandbox) -> list[str]:
    """Return the argv that runs tests/test.sh: by its first line, else by sh; it needs no executable bit."""
    return script_argv(task.tests["test.sh"], inside(sandbox, f"{TESTS}/test.sh"))


def script_argv(script: File, path: str) -> list[str]:
    """Return the argv that runs `script`, which lies at `path` inside a sandbox."""
    first = script.data[:MAX_SHEBANG].split(b"\n", 1)[0].decode("utf-8", "replace")
    if first.startswith("#!"):
        try:
            return [*shlex.split(first[2:]), path]
        except ValueError:
            pass  # an odd first line: sh will say so
    return ["sh", path]


async def _judge(task: Task, sandbox: Sandbox, done: Completed) -> Verification:
    usage = Usage(cpu_s=done.cpu_s, wall_s=done.wall_s)
    log = _log(done)
    if done.timed_out:
        return _failed(Failure.TIMEOUT, f"the verifier ran out of time; {log}", usage)
    if done.out_of_memory or done.output_truncated:
        limit = "memory" if done.out_of_memory else "output"
        return _failed(Failure.VERIFIER_FAILED, f"the verifier was killed at its {limit} limit; {log}", usage)
    try:
        rewards = read_rewards(await sandbox.get(LOGS, REWARDS, REWARD_LIMITS))
        score = _score(rewards, task.success.key, done.exit_code)
    except (_NoRewardError, ArtifactError) as error:
        return _failed(Failure.VERIFIER_FAILED, f"{clean(str(error), 200)}; {log}", usage)
    shown = ", ".join(f"{key} {value:g}" for key, value in rewards.items())
    return Verification(score, score >= task.success.at_least, None, clean(shown, 300), usage, rewards)


def _failed(failure: Failure, detail: str, usage: Usage) -> Verification:
    return Verification(0.0, success=False, failure=failure, detail=detail, usage=usage, rewards={})


def read_rewards(files: Tree) -> dict[str, float]:
    """Return the rewards: ``reward.json``, an object of finite numbers, else ``reward.txt``, one number."""
    if "reward.json" in files:
        return _from_json(files["reward.json"].data)
    if "reward.txt" not in files:
        raise _NoRewardError("the verifier wrote no reward")
    try:
        return {"reward": _finite(float(files["reward.txt"].data.decode("ascii").strip()), "reward")}
    except (UnicodeDecodeError, ValueError) as error:
        raise _NoRewardError(f"reward.txt is not one finite number: {error}") from error


def _from_json(data: bytes) -> dict[str, float]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _NoRewardError(f"reward.json is not JSON: {error}") from error
    if not isinstance(found, dict) or not found:
        raise _NoRewardError("reward.json is not an object of numbers")
    return {str(key): _finite(value, str(key)) for key, value in found.items()}


def _finite(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _NoRewardError(f"{key} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _NoRewardError(f"{key} is not finite")
    return number


def _score(rewards: dict[str, float], key: str, exit_code: int) -> float:
    if key not in rewards:
        raise _NoRewardError(f"no reward {key!r}, only {', '.join(sorted(rewards))}")
    if exit_code and rewards[key] > 0:  # written by someone else, or before something went wrong
        raise _NoRewardError(f"a positive reward, yet exit code {exit_code}")
    return rewards[key]


def _log(done: Completed) -> str:
    text = (done.stdout[-300:] + b" " + done.stderr[-300:]).decode("utf-8", "replace")
    return clean(f"exit code {done.exit_code}: {text.strip()}", 500)
