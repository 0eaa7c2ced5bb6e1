"""The lock: an experiment resolved once, frozen and hashed. A run reads its lock and its own copies, nothing else."""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rqgm.archive.run_archive import LOCK_FILE
from rqgm.core.errors import ConfigError, IntegrityError, UnknownNameError
from rqgm.core.hashes import hash_json, sha256
from rqgm.core.toml import parse
from rqgm.core.trees import hash_tree
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.evolution.workspaces import Workspace, load_workspace
from rqgm.judging.panel import Panel, copy_policy, load_panel
from rqgm.judging.scoring.recorded import Truth
from rqgm.judging.seats import copy_foreign
from rqgm.orchestration.talk import find_weights, open_talk, silence
from rqgm.orchestration.weights import WeightsError, WeightsVersionError, copy_weights
from rqgm.run.experiment import Experiment
from rqgm.run.seats import check_seats
from rqgm.sandbox.profile import Profile, load_profile
from rqgm.tasks.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.orchestration.talk import Talk, TalkSpec
    from rqgm.run.experiment import RoleTable
    from rqgm.run.shelves import Found, Shelves
    from rqgm.tasks.suite import Suite

INPUTS = "inputs"


class Origin(BaseModel):
    """Where a name was found, and the hash of what was found there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    origin: str
    hash: str


class Lock(BaseModel):
    """``run.lock.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    run: str
    experiment: Experiment
    workspace: Origin
    suites: dict[str, Origin]
    panels: dict[str, Origin]
    profile: Profile
    profile_digest: str
    sandbox: str
    isolated: bool
    versions: dict[str, str]
    inputs: str | None = None
    """Hash over every byte of the run's own copies of suites, panels and profile; older locks have none."""
    policies: dict[str, str] = Field(default={}, exclude_if=lambda policies: not policies)
    """Solver role → hash of the policy by which its team talks."""

    @property
    def hash(self) -> str:
        """Hash of the whole lock."""
        return hash_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return plain data, without what an older lock does not have."""
        return self.model_dump(mode="json", exclude={"inputs"} if self.inputs is None else None)


@dataclass(frozen=True)
class Resolved:
    """An experiment with everything that it names, found, read and checked; nothing has been started or written."""

    experiment: Experiment
    shelves: Shelves
    seed_workspace: Workspace
    workspace: Origin
    suites: Mapping[str, Suite]
    suite_origins: Mapping[str, Origin]
    panels: Mapping[str, Panel]
    panel_places: Mapping[str, Found]
    profile: Profile
    profile_folder: Path
    talks: Mapping[str, Talk]
    """Solver role → how its team talks."""


def resolve(experiment: Experiment, shelves: Shelves) -> Resolved:
    """Find and check all that an experiment names; ConfigError says what is wrong, in which file."""
    kinds = {name: role.kind for name, role in experiment.roles.items()}
    found = shelves.find("workspace", experiment.workspace)
    tree = shelves.tree(found.path)
    workspace = load_workspace(tree, kinds, str(found.path))
    suites: dict[str, Suite] = {}
    origins: dict[str, Origin] = {}
    for name, role in experiment.roles.items():
        if role.suite is not None:
            place = shelves.find("suite", role.suite)
            suites[role.suite] = load_suite(place.path)
            origins[role.suite] = Origin(name=role.suite, origin=place.origin, hash=suites[role.suite].hash)
            _check_suite(name, role, suites[role.suite])
    places = _panel_places(experiment, shelves)
    panels = {
        name: load_panel(place.path, shelves.workspace, policy=_panel_policy(experiment, name))
        for name, place in places.items()
    }
    _check_panels(experiment, panels)
    check_seats(experiment, panels.values())
    profile = shelves.find("profile", experiment.profile)
    return Resolved(
        experiment=experiment,
        shelves=shelves,
        seed_workspace=workspace,
        workspace=Origin(name=experiment.workspace, origin=found.origin, hash=hash_tree(tree)),
        suites=suites,
        suite_origins=origins,
        panels=panels,
        panel_places=places,
        profile=load_profile(profile.path),
        profile_folder=profile.path,
        talks={role: open_talk(spec, *_policy_place(role, spec, shelves)) for role, spec in _policies(experiment)},
    )


def _policies(experiment: Experiment) -> list[tuple[str, TalkSpec]]:
    return [(name, table.policy) for name, table in experiment.roles.items() if table.policy is not None]


def _policy_place(role: str, spec: TalkSpec, shelves: Shelves) -> tuple[Path | None, str]:
    """Return the weights of a role's policy, looked up in the project's folder, and what errors call them."""
    where = f"roles.{role}.policy"
    try:
        return find_weights(spec, shelves.project or Path.cwd()), where
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _panel_policy(experiment: Experiment, panel: str) -> TalkSpec | None:
    return experiment.panels[panel].policy if panel in experiment.panels else None


def _check_suite(name: str, role: RoleTable, suite: Suite) -> None:
    wanted = "judging" if role.kind is RoleKind.JUDGE else "solving"
    if suite.kind != wanted:
        raise ConfigError(
            f"roles.{name}.suite: {suite.name!r} is a {suite.kind} suite; a {role.kind} needs a {wanted} one"
        )
    pool = Pool.ANCHOR if role.kind is RoleKind.JUDGE else Pool.VALIDATION
    if not suite.names(pool):
        raise ConfigError(f"roles.{name}.suite: {suite.name!r} has no {pool} pool, so nothing could be measured")


def _panel_places(experiment: Experiment, shelves: Shelves) -> dict[str, Found]:
    named = [measure.panel for role in experiment.roles.values() for measure in role.measures if measure.panel]
    return {name: shelves.find("panel", name) for name in named}


def _check_panels(experiment: Experiment, panels: Mapping[str, Panel]) -> None:
    judges = [name for name, table in experiment.roles.items() if table.kind is RoleKind.JUDGE]
    for name, role in experiment.roles.items():
        for panel in (panels[measure.panel] for measure in role.measures if measure.panel):
            for wanted in panel.slots.values():
                if wanted not in judges:
                    raise UnknownNameError("judge role", wanted, judges, f"panel {panel.name}, measured of {name}")
    names = [panel.name for panel in panels.values()]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(f"two panels of this experiment are called {twice!r}; rename one in its panel.toml")


def freeze(resolved: Resolved, folder: Path, run: str, sandbox: str, *, isolated: bool, profile_digest: str) -> Lock:
    """Copy what the run will read into its folder and write the lock."""
    for name in resolved.suites:
        source = resolved.suites[name].folder
        shutil.copytree(
            source, folder / INPUTS / "suites" / _flat(name), ignore=shutil.ignore_patterns("__pycache__", "programs")
        )
    for name, panel in resolved.panels.items():
        own = folder / INPUTS / "panels" / _flat(name)
        shutil.copytree(resolved.panel_places[name].path, own, ignore=shutil.ignore_patterns("__pycache__"))
        copy_foreign(panel.spec.seats, resolved.panel_places[name].path, own, resolved.shelves.workspace)
        copy_policy(panel.spec, resolved.panel_places[name].path, own)
    shutil.copytree(resolved.profile_folder, folder / INPUTS / "profile")
    for role, spec in _policies(resolved.experiment):
        weights, _ = _policy_place(role, spec, resolved.shelves)
        if weights:
            copy_weights(weights, _own_weights(folder, role))
    lock = Lock(
        run=run,
        experiment=resolved.experiment,
        workspace=resolved.workspace,
        suites=dict(resolved.suite_origins),
        panels={
            name: Origin(name=name, origin=resolved.panel_places[name].origin, hash=panel.hash)
            for name, panel in resolved.panels.items()
        },
        profile=resolved.profile,
        profile_digest=profile_digest,
        sandbox=sandbox,
        isolated=isolated,
        versions={"rqgm": version("rqgm-toolkit"), "python": platform.python_version()},
        inputs=hash_inputs(folder),
        policies={role: talk.hash for role, talk in resolved.talks.items()},
    )
    scratch = folder / f"{LOCK_FILE}.part"
    scratch.write_text(json.dumps({**lock.to_json(), "hash": lock.hash}, indent=2, sort_keys=True) + "\n")
    scratch.replace(folder / LOCK_FILE)
    return lock


def hash_inputs(folder: Path) -> str:
    """Return the hash over the paths and bytes of all files in a run's own copies; links are not followed."""
    base = folder / INPUTS
    files = sorted(path for path in base.rglob("*") if path.is_file() and not path.is_symlink())
    return hash_json([[path.relative_to(base).as_posix(), sha256(path.read_bytes())] for path in files])


def _flat(name: str) -> str:
    return name.strip("/").replace("/", "__")


def read_lock(folder: Path) -> Lock:
    """Read a run's lock and check its hash; IntegrityError if it was altered."""
    path = folder / LOCK_FILE
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"{folder}: not a run (no {LOCK_FILE}); runs lie in archive/runs/") from error
    except ValueError as error:
        raise IntegrityError(f"{path}: not JSON: {error}") from error
    told = data.pop("hash", None) if isinstance(data, dict) else None
    lock = parse(data, Lock, path)
    if lock.hash != told:
        raise IntegrityError(f"{path}: its hash is {lock.hash[:12]}, but it says {str(told)[:12]}: it was altered")
    return lock


def load_inputs(folder: Path, lock: Lock) -> dict[str, Suite]:
    """Read the run's own copies of its suites and check them against the lock."""
    suites: dict[str, Suite] = {}
    for name, origin in lock.suites.items():
        suites[name] = load_suite(folder / INPUTS / "suites" / _flat(name))
        if suites[name].hash != origin.hash:
            raise IntegrityError(f"{folder / INPUTS}: suite {name!r} is not the one in the lock: it was altered")
    return suites


def load_own_panels(folder: Path, lock: Lock, *, asked: bool) -> dict[str, Panel]:
    """Read the run's own copies of its panels and check them; an installed judge must be the version that began.

    A panel that is not going to be asked may lack an installed judge or policy: whoever reads a run need not have it.
    """
    panels: dict[str, Panel] = {}
    for name, origin in lock.panels.items():
        own = folder / INPUTS / "panels" / _flat(name)
        try:
            panels[name] = load_panel(own, policy=_panel_policy(lock.experiment, name))
        except (UnknownNameError, WeightsVersionError):
            if asked:
                raise
            panels[name] = load_panel(own, filled=False, policy=_panel_policy(lock.experiment, name))
            continue
        if panels[name].hash != origin.hash:
            plugins = [seat.target for seat in panels[name].spec.seats if seat.kind == "plugin"]
            hint = f" (was {', '.join(plugins)} updated? Install the version it began with)" if plugins else ""
            if panels[name].models:
                hint += " (was rqgm updated? Its words to models that judge are part of such a panel)"
            raise IntegrityError(f"{folder / INPUTS}: panel {name!r} is not the one in the lock: it was altered{hint}")
    return panels


def load_own_talks(folder: Path, lock: Lock, *, asked: bool) -> dict[str, Talk]:
    """Open the policies of a run's teams, by its own copies of their weights, and check them.

    Of a run that is only read an installed policy, or the extra of its embedder, may be missing.
    """
    talks: dict[str, Talk] = {}
    for role, spec in _policies(lock.experiment):
        own = _own_weights(folder, role)
        if spec.weights and not own.is_file():
            raise IntegrityError(f"{own}: is missing: the run's own copy of what the team of {role} talks by")
        try:
            talks[role] = open_talk(spec, own if own.is_file() else None, f"{folder}: roles.{role}.policy")
        except (UnknownNameError, WeightsVersionError):  # gone, or of an older rqgm
            if asked:
                raise
            talks[role] = replace(silence(), hash=lock.policies.get(role, ""))
        except WeightsError as error:
            raise IntegrityError(f"{error}; the run's own copy of the policy of {role} was altered") from error
        except ConfigError:
            if asked or spec.embedder == "hashing":
                raise
            talks[role] = replace(silence(), hash=lock.policies.get(role, ""))
        if talks[role].hash != lock.policies.get(role):
            raise IntegrityError(
                f"{folder}: the policy of {role} ({spec.policy}) is not the one in the lock: its weights were altered, "
                "or what it reads of drafts is another since rqgm was updated"
            )
    return talks


def _own_weights(folder: Path, role: str) -> Path:
    return folder / INPUTS / "policies" / f"{role}.safetensors"


def load_own_profile(folder: Path, lock: Lock) -> Profile:
    """Read the run's own copy of its profile, with the folder that images are built from, and check it."""
    profile = load_profile(folder / INPUTS / "profile")
    if profile.model_dump(mode="json") != lock.profile.model_dump(mode="json"):
        raise IntegrityError(f"{folder / INPUTS}: the profile is not the one in the lock: it was altered")
    return profile


def make_criterion(
    lock: Lock, suites: Mapping[str, Suite], panels: Mapping[str, Panel], talks: Mapping[str, Talk]
) -> Criterion:
    """Return the criterion that a lock defines."""
    tables = lock.experiment.roles
    seated = {judge for panel in panels.values() for judge in panel.slots.values()}
    adversarial = lock.experiment.adversarial
    roles = tuple(
        _measured(name, table, suites, panels, adversarial.share if adversarial.enabled and name in seated else 0.0)
        for name, table in tables.items()
        if table.suite is not None
    )
    roles = tuple(replace(role, talk=talks.get(role.name)) for role in roles)
    editor = next(name for name, table in tables.items() if table.kind is RoleKind.EDITOR)
    return Criterion(roles, editor, lock.profile_digest, _models(lock.experiment))


def _models(experiment: Experiment) -> dict[str, str]:
    """Return each role's model, with the settings that decide what it answers: part of the utility id."""
    settings = experiment.models
    if settings is None:
        return {}
    models = settings.granted(list(experiment.roles))
    return {role: f"{model} <= {settings.max_output_tokens}" for role, model in models.items()}


def _measured(
    name: str, role: RoleTable, suites: Mapping[str, Suite], panels: Mapping[str, Panel], adversarial_share: float
) -> MeasuredRole:
    assert role.suite is not None
    suite = suites[role.suite]
    measures = [Measure(m.kind, m.weight, panels[m.panel] if m.panel else None) for m in role.measures]
    if adversarial_share:  # an outcome on a pool item counts as one on the anchor does: the share is in the sampling
        measures.append(Measure("adversarial", measures[0].weight, share=adversarial_share))
    tasks = {pool: suite.names(pool) for pool in Pool if suite.names(pool)}
    return MeasuredRole(name, role.kind, role.suite, suite.hash, tasks, tuple(measures), role.steps, _truths(suite))


def _truths(suite: Suite) -> dict[str, Truth]:
    """Return what is true of a judging suite's anchor items; items of one task belong together."""
    if suite.kind != "judging":
        return {}
    return {
        name: Truth(suite.label(name) is Verdict.ACCEPT, suite.item(name).provenance, suite.item(name).task)
        for name in suite.names(Pool.ANCHOR)
    }
