"""Rehearsals: teams and panels that answer for real, outside of a run, so that policies can be trained and measured.

A rehearsal is an `Environment` (`rqgm.orchestration.episodes`): the drafts of all episodes are made when it is opened,
second answers when a plan asks for them. What is true of an answer comes from hidden tests or labels, which no policy
is told.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.hashes import hash_json
from rqgm.core.streams import python_stream, stream_seed
from rqgm.core.trees import hash_tree
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.workspaces import Workspace
from rqgm.judging import conversation
from rqgm.judging.judge import JudgeCase, RoleJudge
from rqgm.judging.panel import hear
from rqgm.orchestration.calls import Call, run_calls
from rqgm.orchestration.episodes import Episode, Reply
from rqgm.orchestration.propagation import Revision
from rqgm.roles.manifest import MAX_TEAM, parse_manifest
from rqgm.roles.messages import PanelPlace
from rqgm.run.shelves import Shelves
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import load_profile
from rqgm.tasks.solving import Solver
from rqgm.tasks.suite import load_suite
from rqgm.tasks.task import task_profile
from rqgm.tasks.teams import RULE, Assignment
from rqgm.tasks.verifier import verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from rqgm.judging.judge import Opinion
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.suite import Suite
    from rqgm.tasks.task import Task
    from rqgm.tasks.teams import Contribution

POOLS = {
    "solving": {"train": Pool.TRAIN, "validation": Pool.VALIDATION, "test": Pool.TEST},
    "judging": {"train": Pool.TRAIN, "validation": Pool.ANCHOR, "test": Pool.TEST},
}
"""Pool of episodes → pool of a suite: judges are trained on what labels are shown of, and tuned on the anchor."""


@dataclass(frozen=True)
class RehearsalRequest:
    """Who rehearses what: `role` of `workspace` as `agents` members of a team or seats of a panel, on `suites`.

    The suites are of one kind: solving for a team, judging for a panel. `steps` is what a team shares, or what each
    judge has; `limit` draws so many items of each pool and suite, `pools` are those that are wanted.
    `workers` bounds the calls at work.
    """

    suites: tuple[str, ...]
    workspace: str = "seeds/repair-team"
    role: str | None = None
    agents: int = 5
    steps: int = 400_000
    seed: int = 0
    limit: int | None = None
    pools: tuple[str, ...] = ("train", "validation", "test")
    profile: str = "python"
    sandbox: str = "auto"
    workers: int | None = None
    allow_unsafe: bool = False
    tell: Callable[[int, int], None] | None = None


class _Cast(Protocol):
    """One kind of agents: how they answer first and again, and what is true of an answer."""

    rule: str

    async def first(self, item: _Item, agent: int) -> tuple[Any, Reply]:
        """Return an agent's draft."""

    async def again(self, item: _Item, agent: int, own: Any, heard: Mapping[int, Any]) -> tuple[Any, Revision[Reply]]:
        """Return what an agent answers when it hears others; nothing and a failure if it fails."""


@dataclass(frozen=True, slots=True)
class _Item:
    pool: str
    suite: Suite
    name: str
    group: str

    @property
    def id(self) -> str:
        return f"{self.suite.name}/{self.name}"


class Rehearsal:
    """Teams or panels as an environment; open one by `rehearsal`."""

    def __init__(self, name: str, cast: _Cast, made_of: Mapping[str, Any], gate: asyncio.Semaphore) -> None:
        self.name = name
        self.rule = cast.rule
        self.made_of = dict(made_of)
        """What it is made of: hashes of workspace and suites, settings."""
        self._cast = cast
        self._gate = gate
        self._items: dict[str, _Item] = {}
        self._episodes: dict[str, list[Episode]] = {"train": [], "validation": [], "test": []}
        self._said: dict[tuple[str, str], Any] = {}

    def episodes(self, pool: str) -> Sequence[Episode]:
        """Return the episodes of a pool: train, validation or test."""
        if pool not in self._episodes:
            raise UnknownNameError("pool", pool, self._episodes)
        return self._episodes[pool]

    async def revise(self, episode: Episode, agent: int, own: Reply, heard: Mapping[int, Reply], /) -> Revision[Reply]:
        """Return what an agent answers now that it hears others.

        Raises ConfigError for a reply that was not made in this rehearsal, InfrastructureError.
        """
        try:
            known = self._said[episode.id, own.key]
            others = {other: self._said[episode.id, reply.key] for other, reply in heard.items()}
        except KeyError:
            raise ConfigError(
                f"{self.name}: {episode.id} holds an answer that nobody here gave: it was recorded of other agents, "
                "or in an earlier rehearsal; record it anew"
            ) from None
        async with self._gate:
            said, revision = await self._cast.again(self._items[episode.id], agent, known, others)
        if revision.answer is not None:
            self._said[episode.id, revision.answer.key] = said
        return revision

    async def draft(self, items: Sequence[_Item], agents: int, tell: Callable[[int, int], None]) -> None:
        """Let all agents answer to all items."""
        done = 0

        async def one(item: _Item, agent: int, _: Mapping[str, Any]) -> tuple[Any, Reply]:
            nonlocal done
            answer = await self._cast.first(item, agent)
            done += 1
            tell(done, len(items) * agents)
            return answer

        calls = {f"{item.id} {agent}": Call(partial(one, item, agent)) for item in items for agent in range(agents)}
        found = await run_calls(calls, self._gate)
        for item in items:
            drafts = [found[f"{item.id} {agent}"] for agent in range(agents)]
            self._said |= {(item.id, reply.key): said for said, reply in drafts}
            self._items[item.id] = item
            self._episodes[item.pool].append(Episode(item.id, item.group, tuple(reply for _, reply in drafts)))


class _Team:
    """Solvers: an answer is right if the hidden tests say so."""

    rule: str = RULE

    def __init__(self, sandboxes: Sandboxes, profile: Profile, solver: Solver, request: RehearsalRequest) -> None:
        self._sandboxes, self._profile, self._solver, self._request = sandboxes, profile, solver, request
        self._right: dict[tuple[str, str], bool] = {}

    async def first(self, item: _Item, agent: int) -> tuple[Contribution, Reply]:
        said = await self._assignment(item).answer(agent)
        return said, await self._reply(item, agent, said)

    async def again(
        self, item: _Item, agent: int, own: Contribution, heard: Mapping[int, Contribution]
    ) -> tuple[Contribution, Revision[Reply]]:
        said = await self._assignment(item).answer(agent, 1, own, heard)
        if said.failure is not None:
            return said, Revision(None, said.usage, said.failure, said.detail)
        return said, Revision(await self._reply(item, agent, said), said.usage)

    def _assignment(self, item: _Item) -> Assignment:
        seed, steps = self._request.seed, self._request.steps
        return Assignment(self._sandboxes, self._profile, self._task(item), self._solver, seed, steps)

    async def _reply(self, item: _Item, agent: int, said: Contribution) -> Reply:
        key = hash_json([agent, said.key])  # who hears it is told whose it is
        return Reply(key, said.draft(), await self._is_right(item, said))

    async def _is_right(self, item: _Item, said: Contribution) -> bool:
        if not said.tree:
            return False
        key = item.id, hash_tree(said.tree)
        if key not in self._right:
            task = self._task(item)
            seen = await verify(task, said.tree, self._sandboxes, task_profile(task, self._profile))
            self._right[key] = seen.success
        return self._right[key]

    def _task(self, item: _Item) -> Task:
        suite: Any = item.suite
        task: Task = suite.task(item.name)
        return task


class _Panel:
    """Judges: an opinion is right if its verdict is the label."""

    rule: str = "majority"

    def __init__(
        self, sandboxes: Sandboxes, profile: Profile, workspace: Workspace, role: str, request: RehearsalRequest
    ) -> None:
        self._judge = RoleJudge(sandboxes, profile, workspace.manifest, workspace.tree, role)
        self._request = request

    async def first(self, item: _Item, agent: int) -> tuple[Opinion, Reply]:
        case = conversation.place(self._case(item), agent, self._request.agents)
        opinion = await hear(self._judge, case)
        return opinion, self._reply(item, agent, opinion)

    async def again(
        self, item: _Item, agent: int, own: Opinion, heard: Mapping[int, Opinion]
    ) -> tuple[Opinion, Revision[Reply]]:
        told = PanelPlace(
            seat=agent,
            seats=self._request.agents,
            turn=1,
            own=conversation.said(agent, own),
            heard=[conversation.said(other, opinion) for other, opinion in heard.items()],
        )
        opinion = await hear(self._judge, replace(self._case(item), place=told))
        if opinion.failure is not None:
            return opinion, Revision(None, opinion.usage, opinion.failure, opinion.detail)
        return opinion, Revision(self._reply(item, agent, opinion), opinion.usage)

    def _case(self, item: _Item) -> JudgeCase:
        suite: Any = item.suite
        shown = suite.item(item.name)
        seed = stream_seed(self._request.seed, "judge", item.name)
        steps = self._request.steps
        return JudgeCase(shown.task, shown.instruction, shown.environment, shown.artifact, seed, steps, shown.criteria)

    def _reply(self, item: _Item, agent: int, opinion: Opinion) -> Reply:
        suite: Any = item.suite
        heard = conversation.said(agent, opinion).model_dump(mode="json")
        return Reply(hash_json(heard), conversation.draft(opinion), opinion.verdict == suite.label(item.name))


@asynccontextmanager
async def rehearsal(request: RehearsalRequest) -> AsyncIterator[Rehearsal]:
    """Give a rehearsal in which all drafts have been made. Raises ConfigError, NoSandboxError, InfrastructureError."""
    if not 1 <= request.agents <= MAX_TEAM:
        raise ConfigError(f"{request.agents} agents: a rehearsal takes 1 to {MAX_TEAM}")
    shelves = Shelves.seen_from(Path.cwd())
    suites = [load_suite(shelves.find("suite", name).path) for name in request.suites]
    kind = _kind(suites)
    place = shelves.find("workspace", request.workspace)
    tree = shelves.tree(place.path)
    manifest = parse_manifest(tree, str(place.path))
    wanted = RoleKind.SOLVER if kind == "solving" else RoleKind.JUDGE
    able = [name for name, role in manifest.roles.items() if role.kind is wanted]
    if not able or (request.role is not None and request.role not in able):
        raise UnknownNameError(f"{wanted} role", request.role or "(none named)", able, f"workspace {request.workspace}")
    role = request.role or able[0]
    if wanted is RoleKind.SOLVER:
        team = manifest.roles[role].model_copy(update={"team": request.agents})
        manifest = manifest.model_copy(update={"roles": {**manifest.roles, role: team}})
    role_hash = manifest.role_hash(tree, role)
    profile = load_profile(shelves.find("profile", request.profile).path)
    backend = await choose(
        request.sandbox, trusted=manifest.trusted, allow_unsafe=request.allow_unsafe, profile=profile
    )
    await backend.prepare(profile)
    workers = request.workers or os.cpu_count() or 1
    made_of = {
        "workspace": request.workspace,
        "role": role,
        "role_hash": role_hash,
        "suites": {suite.name: suite.hash for suite in suites},
        "agents": request.agents,
        "steps": request.steps,
        "seed": request.seed,
        "limit": request.limit,
        "pools": list(request.pools),
    }
    async with Sandboxes(backend, f"rehearsal-{os.getpid()}", spare=workers) as sandboxes:
        cast: _Cast = (
            _Team(sandboxes, profile, Solver(tree, manifest, role), request)
            if kind == "solving"
            else _Panel(sandboxes, profile, Workspace(tree, manifest, {role: role_hash}), role, request)
        )
        named = ", ".join(suite.name for suite in suites)
        found = Rehearsal(
            f"{'team' if kind == 'solving' else 'panel'} of {role} on {named}",
            cast,
            made_of,
            asyncio.Semaphore(workers),
        )
        tell = request.tell or (lambda _done, _all: None)
        await found.draft(_items(suites, kind, request), request.agents, tell)
        yield found


def _kind(suites: Sequence[Suite]) -> str:
    kinds = {suite.kind for suite in suites}
    if len(kinds) != 1:
        raise ConfigError(
            f"suites {', '.join(suite.name for suite in suites) or '(none)'}: name one or more of one kind"
        )
    return kinds.pop()


def _items(suites: Sequence[Suite], kind: str, request: RehearsalRequest) -> list[_Item]:
    items = []
    for suite in suites:
        for pool, own in POOLS[kind].items():
            names = list(suite.names(own)) if pool in request.pools else []
            if request.limit is not None and request.limit < len(names):
                names = sorted(python_stream(request.seed, "episodes", suite.name, pool).sample(names, request.limit))
            items += [_Item(pool, suite, name, _group(suite, name)) for name in names]
    if not items:
        raise ConfigError(
            f"suites {', '.join(suite.name for suite in suites)}: have nothing in {', '.join(POOLS[kind])}"
        )
    return items


def _group(suite: Suite, name: str) -> str:
    """Return what items belong together: those on one task, and tasks that are variants of one."""
    if suite.kind == "judging":
        return suite.item(name).task
    return str(suite.task(name).file.metadata.get("variant_of", name))
