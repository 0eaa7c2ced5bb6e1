"""Expansion: run a node's editor on a copy of its workspace, with train evidence only, and check what comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rqgm.archive.state import Node
from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.failures import Failure
from rqgm.core.streams import stream_seed
from rqgm.core.text import clean
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.worker import work_key
from rqgm.evolution.workspaces import WORKSPACE_LIMITS, load_workspace
from rqgm.roles.messages import MATE, TRAIN, WORKSPACE, EditorRequest, EditorResponse, Evidence, Limits
from rqgm.roles.runner import Collect, Mount, RoleJob, run_role

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.core.trees import Tree
    from rqgm.evolution.criterion import MeasuredRole
    from rqgm.evolution.work import SandboxWorker
    from rqgm.evolution.worker import Expansion
    from rqgm.evolution.workspaces import Workspace


@dataclass
class _Edit:
    """An expansion in the making: the train outcomes it has run, and what they and the editor cost."""

    train: list[dict[str, Any]] = field(default_factory=list)
    train_usage: Usage = field(default_factory=Usage)
    usage: Usage = field(default_factory=Usage)
    tried: str = ""
    why: str = ""

    def rejected(self, failure: Failure, detail: str) -> dict[str, Any]:
        return self._result() | {"tree": None, "failure": failure.value, "detail": clean(detail, 300)}

    def accepted(self, tree: str, workspace: Workspace, deterministic: list[str]) -> dict[str, Any]:
        roles = {"roles": dict(workspace.roles), "deterministic": deterministic}
        return self._result() | {"tree": tree, "failure": None, "detail": ""} | roles

    def _result(self) -> dict[str, Any]:
        return {
            "tried": clean(self.tried, 300) or "no note",
            "why": clean(self.why, 4_000, lines=True),
            "train": self.train,
            "usage": self.usage.to_json(),
            "train_usage": self.train_usage.to_json(),
        }


class Expander:
    """Makes children."""

    def __init__(self, worker: SandboxWorker) -> None:
        self.worker = worker
        self.bench = worker.bench

    async def expand(self, job: Expansion) -> dict[str, Any]:
        """Return the result of one expansion: a new tree, or why there is none."""
        edit = _Edit()
        parent = self.worker.workspaces.get(job.commit)
        evidence, files = await self._evidence(job, parent, edit)
        run = await self._run_editor(job, parent, evidence, files, "edit")
        edit.usage += run.usage
        if not isinstance(run.response, EditorResponse) or run.tree is None:
            return edit.rejected(run.failure or Failure.MALFORMED_RESPONSE, run.detail)
        edit.tried, edit.why = run.response.tried, run.response.why
        if run.tree == parent.tree:
            return edit.rejected(Failure.UNCHANGED_WORKSPACE, "the editor left the workspace as it was")
        try:
            child = load_workspace(run.tree, self.bench.criterion.role_kinds, "edited workspace")
        except (ConfigError, ArtifactError) as error:
            return edit.rejected(Failure.BROKEN_WORKSPACE, str(error))
        if all(child.roles[name] == role_hash for name, role_hash in parent.roles.items()):
            return edit.rejected(Failure.UNCHANGED_WORKSPACE, "no role sees the edit")
        trouble = await self._smoke(job, parent, child, edit)
        if trouble:
            return edit.rejected(Failure.BROKEN_WORKSPACE, trouble)
        deterministic = self.bench.criterion.deterministic(child.deterministic)
        return edit.accepted(self.bench.blobs.put_tree(child.tree), child, deterministic)

    # ------------------------------------------------------------------ evidence

    async def _evidence(
        self, job: Expansion, parent: Workspace, edit: _Edit
    ) -> tuple[list[dict[str, Any]], dict[str, File]]:
        """Return the evidence and its files: the parent's own outcomes, then the mate's on the same tasks."""
        evidence: list[dict[str, Any]] = []
        files: dict[str, File] = {}
        for role_name, task in job.train:
            outcome = job.known.get(self._key(job.commit, parent, role_name, task))
            scope = f"expand/{job.n}/train/{role_name}/{task}"
            outcome = outcome or await self._run_train(job.commit, parent, role_name, task, edit, scope)
            evidence.append(self._entry(outcome, "self", len(evidence), files))
        if job.mate is not None:
            mate = self.worker.workspaces.get(job.mate)
            for role_name, task in job.train:
                outcome = job.known.get(self._key(job.mate, mate, role_name, task))
                if outcome is not None:
                    evidence.append(self._entry(outcome, "mate", len(evidence), files))
        return evidence, files

    def _key(self, commit: str, workspace: Workspace, role: str, task: str) -> str:
        deterministic = frozenset(self.bench.criterion.deterministic(workspace.deterministic))
        node = Node(0, commit, None, 0, None, "", "", dict(workspace.roles), deterministic)
        return work_key(self.bench.criterion, node, role, task)

    async def _run_train(
        self, commit: str, workspace: Workspace, role_name: str, task: str, edit: _Edit, scope: str
    ) -> dict[str, Any]:
        role = self.bench.criterion.role(role_name)
        result, made = await self.worker.expand_train(workspace, role, task, scope)
        edit.train_usage += Usage(**result.pop("usage"))
        opinions = result.pop("opinions", [])
        result.pop("made", None)
        key = self._key(commit, workspace, role_name, task)
        outcome = {"key": key, "role": role_name, "task": task, **result}
        outcome["artifact"] = made.artifact.blob if made else None
        outcome["verdict"] = opinions[0]["verdict"] if opinions else None
        edit.train.append(outcome)
        return outcome

    def _entry(self, outcome: dict[str, Any], origin: str, number: int, files: dict[str, File]) -> dict[str, Any]:
        folder = f"{number:02d}"
        for path, file in self._files(outcome).items():
            files[f"{folder}/{path}"] = file
        notes = outcome.get("notes")
        if outcome["verdict"] is not None:
            notes = {"verdict": outcome["verdict"], "notes": notes}
        return {
            "role": outcome["role"],
            "task": outcome["task"],
            "success": bool(outcome["y"]),
            "score": outcome["score"],
            "failure": outcome["failure"],
            "notes": notes,
            "folder": f"{TRAIN}/{folder}",
            "origin": origin,
        }

    def _files(self, outcome: dict[str, Any]) -> dict[str, File]:
        """Return the train files of one outcome. The label is shown, because the pool is train."""
        role = self.bench.criterion.role(outcome["role"])
        suite = self.worker.suite(role)
        if suite.pool_of[outcome["task"]] is not Pool.TRAIN:
            raise ConfigError(f"task {outcome['task']} is not of the train pool and may not be shown to an editor")
        if suite.kind == "judging":
            item = suite.item(outcome["task"])
            said = {"instruction.md": File(item.instruction.encode())}
            label = {"label.json": File(json.dumps({"label": suite.label(outcome["task"])}).encode())}
            parts: dict[str, Tree] = {"artifact": item.artifact, "task": item.environment, "label": label}
        else:
            task = suite.task(outcome["task"])
            artifact = self.bench.blobs.get_tree(outcome["artifact"]) if outcome["artifact"] else {}
            parts = {"artifact": artifact, "task": task.environment, "label": task.solution}
            said = {"instruction.md": File(task.instruction.encode())}
        return said | {f"{folder}/{path}": file for folder, tree in parts.items() for path, file in tree.items()}

    # ------------------------------------------------------------------ editor and smoke check

    async def _run_editor(
        self, job: Expansion, parent: Workspace, evidence: list[dict[str, Any]], files: dict[str, File], part: str
    ) -> Any:
        mate = self.worker.workspaces.get(job.mate) if job.mate else None
        mounts = [Mount(WORKSPACE, parent.tree, writable=True), Mount(TRAIN, files)]
        if mate is not None:
            mounts.append(Mount(MATE, mate.tree))

        def request(at: Callable[[str], str]) -> EditorRequest:
            return EditorRequest(
                role=self.bench.criterion.editor,
                seed=stream_seed(self.bench.seed, "expand", job.n),
                limits=Limits(wall_s=self.bench.profile.wall_s),
                workspace=at(WORKSPACE),
                mate=at(MATE) if mate else None,
                evidence=[Evidence.model_validate(entry | {"folder": at(entry["folder"])}) for entry in evidence],
            )

        collect = Collect(WORKSPACE, None, WORKSPACE_LIMITS)
        editor = RoleJob(
            parent.manifest,
            parent.tree,
            self.bench.criterion.editor,
            request,
            mounts,
            collect,
            models=self.bench.models,
            scope=f"expand/{job.n}/{part}",
        )
        return await run_role(self.bench.sandboxes, self.bench.profile, editor)

    async def _smoke(self, job: Expansion, parent: Workspace, child: Workspace, edit: _Edit) -> str:
        """Run every changed role once, on train material; return what broke, or nothing. Any valid answer will do."""
        for name, role_hash in child.roles.items():
            if role_hash == parent.roles[name]:
                continue
            role = next((r for r in self.bench.criterion.roles if r.name == name), None)
            failure, detail = await (
                self._smoke_role(job, child, role, edit) if role else self._smoke_editor(job, child, edit)
            )
            if failure is not None:
                return f"role {name}: {failure}: {detail}"
        return ""

    async def _smoke_role(
        self, job: Expansion, child: Workspace, role: MeasuredRole, edit: _Edit
    ) -> tuple[str | None, str]:
        tasks = [task for name, task in job.train if name == role.name] or list(role.tasks.get(Pool.TRAIN, ()))[:1]
        if not tasks:
            return None, ""
        scope = f"expand/{job.n}/smoke/{role.name}"
        outcome = await self._run_train(f"job {job.n}", child, role.name, tasks[0], edit, scope)
        allowed = {None, Failure.ABSTAINED.value, Failure.VERIFIER_FAILED.value}
        if role.kind is RoleKind.SOLVER:
            allowed.add(Failure.MISSING_ARTIFACT.value)
        return (None, "") if outcome["failure"] in allowed else (outcome["failure"], outcome["detail"])

    async def _smoke_editor(self, job: Expansion, child: Workspace, edit: _Edit) -> tuple[str | None, str]:
        run = await self._run_editor(job, child, [], {}, "smoke")
        edit.usage += run.usage
        return (run.failure.value, run.detail) if run.failure else (None, "")
