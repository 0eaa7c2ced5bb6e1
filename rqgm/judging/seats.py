"""Seats that do not evolve: a judge by path, a rubric, an installed plug-in, or a language model."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rqgm.core.errors import ArtifactError, ConfigError, InfrastructureError, UnknownNameError
from rqgm.core.failures import Failure
from rqgm.core.hashes import hash_json
from rqgm.core.text import clean
from rqgm.core.trees import TreeLimits, check_tree, read_tree, select, write_tree
from rqgm.core.usage import Usage
from rqgm.core.words import Fulfilment, RoleKind, Verdict
from rqgm.judging.evidence import Evidence
from rqgm.judging.judge import Judge, JudgeCase, Opinion, RoleJudge
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import MAX_POINTERS, EvidencePointer

if TYPE_CHECKING:
    from rqgm.core.grants import ModelLease
    from rqgm.core.trees import File, Tree
    from rqgm.judging.panel import SeatSpec
    from rqgm.judging.rubrics.rubric import RubricFile
    from rqgm.roles.manifest import WorkspaceManifest
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile

GROUP = "rqgm.judges"
PACKAGES = "packages"
BORROWED = "borrowed"
COMPILED = (".so", ".pyd", ".dylib")
SEAT_LIMITS = TreeLimits(files=1_000, file_bytes=1 << 20, total_bytes=8 << 20)


Lend = Callable[[], "ModelLease | None"]
"""Lends a seat what it may ask a model, anew for every case."""


class FindWorkspace(Protocol):
    """Finds a workspace on the shelves."""

    def __call__(self, name: str, /) -> Tree:
        """Return its files; UnknownNameError if there is none."""


class FixedSeat(Protocol):
    """Who sits in a seat that does not evolve."""

    @property
    def hash(self) -> str:
        """Hash of all that decides what the judge says."""

    def judge(self, sandboxes: Sandboxes, profile: Profile, lend: Lend | None = None) -> Judge:
        """Return the judge, ready to be asked; `lend` is for one that a language model is behind."""


@dataclass(frozen=True)
class SandboxedSeat:
    """A judge by path: the one judge role of a folder, run like any other role."""

    manifest: WorkspaceManifest
    tree: Tree
    role: str

    @cached_property
    def hash(self) -> str:
        """Hash of the role's command and files, packages included."""
        return self.manifest.role_hash(self.tree, self.role)

    def judge(self, sandboxes: Sandboxes, profile: Profile, lend: Lend | None = None) -> Judge:  # noqa: ARG002
        """Return the judge that runs in a sandbox."""
        return RoleJudge(sandboxes, profile, self.manifest, self.tree, self.role)


@dataclass(frozen=True)
class RubricSeat:
    """A rubric: executable predicates with weights. What they need to know of the artifact is observed in a sandbox."""

    rubric: RubricFile

    @property
    def hash(self) -> str:
        """The rubric's version: the hash of its content."""
        return self.rubric.version

    def judge(self, sandboxes: Sandboxes, profile: Profile, lend: Lend | None = None) -> Judge:  # noqa: ARG002
        """Return the judge that scores by the rubric."""
        return RubricJudge(self.rubric, sandboxes, profile)


@dataclass(frozen=True)
class RubricJudge:
    """Scores an artifact by a rubric; abstains where no predicate applies, or the task is of another kind.

    Predicates compare artifacts that change something. One that leaves the task's files as they are is rejected.
    """

    rubric: RubricFile
    sandboxes: Sandboxes
    profile: Profile

    async def judge(self, case: JudgeCase) -> Opinion:
        """Observe the artifact, let the predicates vote, weigh the votes."""
        from rqgm.judging.rubrics.observations import Probe  # noqa: PLC0415
        from rqgm.judging.rubrics.rubric import score, votes  # noqa: PLC0415
        from rqgm.judging.rubrics.study import look  # noqa: PLC0415

        if case.artifact and all(case.environment.get(path) == file for path, file in case.artifact.items()):
            return Opinion(Verdict.REJECT, 0.0, None, "the artifact is the task's own files, unchanged", Usage())
        try:
            facts = await look(Probe(self.sandboxes, self.profile), case, self.rubric.source.seed)
        except ConfigError as error:
            return _abstention(Failure.ABSTAINED, str(error))
        cast = votes(self.rubric, facts)
        found = score(self.rubric, cast)
        if found is None:
            return _abstention(Failure.ABSTAINED, "no predicate of the rubric applies")
        verdict = Verdict.ACCEPT if found >= self.rubric.threshold else Verdict.REJECT
        names = [predicate.name for predicate, vote in zip(self.rubric.predicates, cast, strict=True) if vote]
        return Opinion(verdict, found, None, "", Usage(), {"satisfied": names[:100]})


@dataclass(frozen=True)
class PluginSeat:
    """A judge by entry point: a class or function of an installed package, called with the seat's `config`."""

    entry: EntryPoint
    config: Mapping[str, Any]

    @cached_property
    def hash(self) -> str:
        """Hash of distribution, version, entry point and config: what an installed judge is known by."""
        found = self.entry.dist
        name, version = (found.name, found.version) if found else ("", "")
        return hash_json([name, version, self.entry.value, dict(self.config)])

    def judge(self, sandboxes: Sandboxes, profile: Profile, lend: Lend | None = None) -> Judge:  # noqa: ARG002
        """Return the judge, made anew; ConfigError when the package cannot make it."""
        try:
            made = self.entry.load()(**self.config)
        except Exception as error:
            raise ConfigError(f"judge {self.entry.name!r} ({self.entry.value}) cannot be made: {error!r}") from error
        return GuardedJudge(made, profile.wall_s)


@dataclass(frozen=True)
class GuardedJudge:
    """An installed judge under guard: whatever goes wrong in it is an abstention with its reason, never a verdict."""

    inner: Any
    wall_s: float

    async def judge(self, case: JudgeCase) -> Opinion:
        """Ask the judge; its `judge` may be a plain function (run in a thread) or a coroutine function."""
        try:
            async with asyncio.timeout(self.wall_s):
                if inspect.iscoroutinefunction(self.inner.judge):
                    opinion = await self.inner.judge(case)
                else:
                    opinion = await asyncio.to_thread(self.inner.judge, case)
        except TimeoutError:
            return _abstention(Failure.TIMEOUT, f"no opinion within {self.wall_s:g} s")
        except InfrastructureError:
            raise
        except Exception as error:  # noqa: BLE001  # the named border: a plug-in may raise anything
            return _abstention(Failure.CRASH, f"{type(error).__name__}: {error}")
        wrong = _problem(opinion)
        return _abstention(Failure.MALFORMED_RESPONSE, wrong) if wrong else opinion


def _problem(opinion: object) -> str:
    if not isinstance(opinion, Opinion):
        return f"returned {type(opinion).__name__}, not an Opinion"
    if not isinstance(opinion.verdict, Verdict):
        return f"verdict {opinion.verdict!r} is none of {', '.join(Verdict)}"
    if isinstance(opinion.score, bool) or not isinstance(opinion.score, (int, float)):
        return f"score {opinion.score!r} is not a number"
    if not (math.isfinite(opinion.score) and 0 <= opinion.score <= 1):
        return f"score {opinion.score!r} is not in [0, 1]"
    return _problem_beside(opinion)


def _problem_beside(opinion: Opinion) -> str:
    evidence, criteria = opinion.evidence, opinion.criteria
    if not isinstance(evidence, tuple) or len(evidence) > MAX_POINTERS:
        return f"evidence is not a tuple of at most {MAX_POINTERS}"
    if not all(isinstance(entry, Evidence) and isinstance(entry.pointer, EvidencePointer) for entry in evidence):
        return "evidence holds something that is no Evidence with an EvidencePointer"
    if not isinstance(criteria, Mapping) or not all(isinstance(answer, Fulfilment) for answer in criteria.values()):
        return f"criteria is not a mapping to {', '.join(Fulfilment)}"
    return ""


def _abstention(failure: Failure, detail: str) -> Opinion:
    return Opinion(Verdict.ABSTAIN, 0.0, failure, clean(detail, 300), Usage())


def open_seat(folder: Path, seat: SeatSpec, find: FindWorkspace | None = None) -> FixedSeat:
    """Return who sits in a fixed seat of the panel in `folder`; ConfigError names the seat and the remedy."""
    where = f"{folder / 'panel.toml'}: seats.{seat.name}"
    if seat.kind == "plugin":
        points = {point.name: point for point in entry_points(group=GROUP)}
        if seat.target not in points:
            raise UnknownNameError("judge plug-in", seat.target, points, f"{where}; install the package that has it")
        return PluginSeat(points[seat.target], seat.config)
    if seat.kind == "rubric":
        return _open_rubric(folder, seat, where)
    if seat.kind == "model":
        from rqgm.judging.model_seat import open_model_seat  # noqa: PLC0415  # this module's own kin

        return open_model_seat(folder, seat, where)
    return _open_folder(folder, seat, where, find)


def _open_rubric(folder: Path, seat: SeatSpec, where: str) -> RubricSeat:
    # Rubrics bring numpy; a panel without one, and the command line's help, do without.
    from rqgm.judging.rubrics.rubric import load_rubric  # noqa: PLC0415

    if Path(seat.target).is_absolute() or ".." in Path(seat.target).parts:
        raise ConfigError(f"{where}.judge: {seat.target!r} is not a file inside of the panel's folder")
    return RubricSeat(load_rubric(folder / seat.target))


def _open_folder(folder: Path, seat: SeatSpec, where: str, find: FindWorkspace | None) -> SandboxedSeat:
    name, _, wanted = seat.target.partition("#")
    place = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or not place.is_dir():
        raise ConfigError(f"{where}.judge: {name!r} is not a folder inside of the panel's")
    try:
        tree = read_tree(place, SEAT_LIMITS)
        for package in seat.packages:
            tree |= package_tree(package, folder, where)
        borrowed = borrowed_tree(seat, folder, find)
    except ArtifactError as error:
        raise ConfigError(f"{where}: {error}") from error
    twice = sorted(borrowed.keys() & tree.keys())
    if twice:
        raise ConfigError(f"{where}.borrows: {name} has a {twice[0]} of its own; rename one of the two")
    tree |= borrowed
    manifest = parse_manifest(tree, str(place))
    judges = [role for role, entry in manifest.roles.items() if entry.kind is RoleKind.JUDGE]
    if wanted and wanted not in judges:
        raise UnknownNameError("judge role", wanted, judges, f"{where}.judge")
    if not judges:
        raise ConfigError(f'{where}.judge: {place} has no judge role; give one kind = "judge" in its workspace.toml')
    if not wanted and len(judges) != 1:
        raise ConfigError(f"{where}.judge: {place} has the judges {judges}; write which: path:{name}#<role>")
    return SandboxedSeat(manifest, tree, wanted or judges[0])


def copy_foreign(seats: list[SeatSpec], folder: Path, own: Path, find: FindWorkspace) -> None:
    """Copy what seats see beside the panel's files into the run's own copy of it, so that no update reaches the run."""
    for package in {package for seat in seats for package in seat.packages}:
        write_tree(own / PACKAGES, package_tree(package, folder, str(folder)))
    for seat in seats:
        if seat.borrows:
            write_tree(own / BORROWED / seat.name, borrowed_tree(seat, folder, find))


def borrowed_tree(seat: SeatSpec, folder: Path, find: FindWorkspace | None) -> dict[str, File]:
    """Return what a seat borrows, by its path in the workspace: a run's own copy beside the panel, or the shelf's."""
    if not seat.borrows:
        return {}
    own = folder / BORROWED / seat.name
    if own.is_dir():
        return read_tree(own, SEAT_LIMITS)
    where = f"{folder / 'panel.toml'}: seats.{seat.name}.borrows"
    if find is None:
        raise ConfigError(f"{where}: is looked up on the shelves, and there are none here")
    tree: dict[str, File] = {}
    for name, _, part in (entry.partition(":") for entry in seat.borrows):
        found = select(check_tree(find(name), SEAT_LIMITS), [part])
        if not found:
            raise ConfigError(f"{where}: workspace {name!r} has nothing at {part!r}")
        if found.keys() & tree.keys():
            raise ConfigError(f"{where}: {part!r} is borrowed twice; take one of them out")
        tree |= found
    return tree


def package_tree(name: str, folder: Path, where: str) -> dict[str, File]:
    """Return the files of a pure-Python package: a run's own copy beside the panel, or what is installed here."""
    own = folder / PACKAGES / name
    if own.is_dir():
        place = own
    else:
        found = PathFinder.find_spec(name)
        if found is None or not found.submodule_search_locations:
            raise ConfigError(f"{where}.packages: {name!r} is not an installed package; install it beside rqgm")
        place = Path(next(iter(found.submodule_search_locations)))
    compiled = sorted(path.name for path in place.rglob("*") if path.suffix in COMPILED)
    if compiled:
        raise ConfigError(
            f"{where}.packages: {name!r} has compiled parts ({compiled[0]}); only pure Python can be shown"
        )
    tree = read_tree(place, SEAT_LIMITS)
    return {f"{name}/{path}": file for path, file in tree.items() if path.endswith(".py") or "LICEN" in path}
