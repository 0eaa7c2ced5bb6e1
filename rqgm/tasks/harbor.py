"""``task.toml``: Harbor's task file (as read from harbor 0.25.0) by our own small strict models.

Every key that Harbor knows is known here; what we do not support yet is refused by name, never half-run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.core.words import Pool  # pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPPORTED_MAJOR = 1

Seconds = Annotated[float, Field(gt=0, le=86_400)]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
EnvText = Annotated[str, Field(max_length=4_000, pattern=r"^[^\x00]*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskInfo(_Table):
    """``[task]``: who the task is."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    authors: list[dict[str, str]] = []
    keywords: list[str] = []


class AgentTable(_Table):
    """``[agent]``."""

    timeout_sec: Seconds = 600.0
    user: str | int | None = None
    network_mode: str | None = None
    allowed_hosts: list[str] | None = None


class VerifierTable(_Table):
    """``[verifier]``."""

    timeout_sec: Seconds = 600.0
    env: dict[EnvName, EnvText] = {}
    user: str | int | None = None
    network_mode: str | None = None
    allowed_hosts: list[str] | None = None
    environment_mode: Literal["shared", "separate"] | None = None
    environment: JsonValue = None
    collect: list[JsonValue] = []


class EnvironmentTable(_Table):
    """``[environment]``."""

    build_timeout_sec: Seconds = 600.0
    docker_image: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$")] | None = None
    os: str | None = None
    cpus: Annotated[float, Field(gt=0)] | None = None
    memory_mb: Annotated[int, Field(gt=0)] | None = None
    storage_mb: Annotated[int, Field(gt=0)] | None = None
    gpus: int | None = None
    gpu_types: list[str] | None = None
    network_mode: Literal["public", "no-network", "allowlist"] | None = None
    allowed_hosts: list[str] | None = None
    env: dict[EnvName, EnvText] = {}
    mcp_servers: list[JsonValue] = []
    skills_dir: str | None = None
    healthcheck: JsonValue = None
    workdir: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/-]*$")] | None = None
    memory: str | None = None
    storage: str | None = None
    allow_internet: bool | None = None


class SolutionTable(_Table):
    """``[solution]``."""

    env: dict[EnvName, EnvText] = {}


class RqgmTable(_Table):
    """``[rqgm]``: what we add. `artifacts` are paths in the working folder, the only thing that a verifier gets."""

    artifacts: list[str] = []
    pool: Pool | None = None


class ArtifactEntry(_Table):
    """One of Harbor's ``artifacts`` in its long form."""

    source: str
    destination: str | None = None
    exclude: list[str] = []
    service: str | None = None


class TaskFile(_Table):
    """The whole of ``task.toml``."""

    schema_version: str = Field(default="1.0", validation_alias=AliasChoices("schema_version", "version"))
    source: str | None = None
    artifacts: list[str | ArtifactEntry] = []
    multi_step_reward_strategy: Literal["mean", "final"] | None = None
    steps: list[JsonValue] = []
    task: TaskInfo = TaskInfo()
    metadata: dict[str, Any] = {}
    agent: AgentTable = AgentTable()
    verifier: VerifierTable = VerifierTable()
    environment: EnvironmentTable = EnvironmentTable()
    solution: SolutionTable = SolutionTable()
    rqgm: RqgmTable = RqgmTable()

    @field_validator("schema_version", mode="after")
    @classmethod
    def _known_major(cls, value: str) -> str:
        if value.split(".", maxsplit=1)[0] != str(SUPPORTED_MAJOR):
            raise ValueError(f"task format {value} is not supported, only {SUPPORTED_MAJOR}.x")
        return value

    @model_validator(mode="before")
    @classmethod
    def _single_artifact(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("artifacts"), (str, dict)):
            return {**data, "artifacts": [data["artifacts"]]}
        return data

    @property
    def declared_artifacts(self) -> list[str]:
        """The artifact paths as written: our table's, else Harbor's."""
        return self.rqgm.artifacts or [item if isinstance(item, str) else item.source for item in self.artifacts]


def parse_task_file(data: Any, where: object) -> TaskFile:
    """Return ``task.toml``'s data as a model; ConfigError if it is wrong or asks for what we do not support."""
    task = parse(data, TaskFile, where)
    for key, why in _unsupported(task):
        raise ConfigError(f"{where}: {key}: {why}; the task is refused rather than half-run")
    return task


def _unsupported(task: TaskFile) -> Iterator[tuple[str, str]]:
    """Yield (key, reason) for each feature of Harbor that the task uses and we do not support."""
    if task.steps or task.multi_step_reward_strategy:
        yield "steps", "multi-step tasks are not supported"
    yield from _unsupported_environment(task.environment)
    yield from _unsupported_tables(task)
    if any(not isinstance(item, str) and (item.exclude or item.service) for item in task.artifacts):
        yield "artifacts", "exclude and service are not supported"
    tables = {"environment": task.environment.env, "verifier": task.verifier.env, "solution": task.solution.env}
    for name, env in tables.items():
        if any("${" in value for value in env.values()):
            yield f"{name}.env", "variables of the host are never handed to a sandbox"


def _unsupported_tables(task: TaskFile) -> Iterator[tuple[str, str]]:
    for name, table in (("agent", task.agent), ("verifier", task.verifier)):
        if table.network_mode not in (None, "no-network") or table.allowed_hosts:
            key = "network_mode" if table.network_mode not in (None, "no-network") else "allowed_hosts"
            yield f"{name}.{key}", "there is no network; the run's owner may open it in the profile, a task may not"
        if table.user is not None:
            yield f"{name}.user", "commands run as the sandbox's own user"
    if task.verifier.environment_mode == "shared":
        yield "verifier.environment_mode", "verifiers always run separately, on the declared artifacts"
    if task.verifier.environment is not None:
        yield "verifier.environment", "a verifier with an image of its own is not supported"
    if task.verifier.collect:
        yield "verifier.collect", "collect commands are not supported"


def _unsupported_environment(table: EnvironmentTable) -> Iterator[tuple[str, str]]:
    if table.os not in (None, "linux"):
        yield "environment.os", f"{table.os!r} is not supported, only linux"
    if table.gpus or table.gpu_types:
        yield "environment.gpus", "GPUs are not supported"
    if table.mcp_servers:
        yield "environment.mcp_servers", "MCP servers are not supported"
    if table.skills_dir:
        yield "environment.skills_dir", "skills are not supported"
    if table.healthcheck is not None:
        yield "environment.healthcheck", "health checks are not supported"
    if table.allowed_hosts or table.network_mode == "allowlist":
        yield "environment.allowed_hosts", "allow-lists of hosts are not supported"
    for old, new in (("memory", "memory_mb"), ("storage", "storage_mb")):
        if getattr(table, old) is not None:
            yield f"environment.{old}", f"is deprecated in Harbor: write {new}"
