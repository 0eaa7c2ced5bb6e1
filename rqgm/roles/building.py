"""Build a role: a manifest's `build` command runs once for a content, and its result is what the role then sees.

It is how compiled languages come in, and how Python roles are spared compiling their modules at every start.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rqgm.core.errors import ArtifactError
from rqgm.core.failures import Failure
from rqgm.core.hashes import hash_json
from rqgm.core.text import clean
from rqgm.core.trees import TreeLimits
from rqgm.core.usage import Usage
from rqgm.roles.messages import ROLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.core.trees import Tree
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile

BUILT_LIMITS = TreeLimits(files=4_000, file_bytes=16 << 20, total_bytes=64 << 20, skipped=frozenset({".git"}))


@dataclass(frozen=True, slots=True)
class Built:
    """What a role sees when it runs, or why it could not be built. `usage` is nothing when it was built before."""

    tree: Tree | None
    failure: Failure | None = None
    detail: str = ""
    usage: Usage = field(default_factory=Usage)


async def build(sandboxes: Sandboxes, profile: Profile, command: Sequence[str], tree: Tree, identity: str) -> Built:
    """Return a role's tree after `command` ran in a copy of it; once for a content, whoever asks first pays.

    Raises SandboxLostError or another InfrastructureError; then the next one who asks tries again.
    """
    key = hash_json(["build", identity, profile.model_dump(mode="json")])
    found = sandboxes.kept.get(key)
    if found is not None:
        built: Built = await asyncio.shield(found)
        return Built(built.tree, built.failure, built.detail)
    task = asyncio.ensure_future(_build(sandboxes, profile, command, tree))
    sandboxes.kept[key] = task
    # Others may wait for it as well: whoever is cancelled leaves it to them, and the pool ends it with itself.
    task.add_done_callback(lambda done: sandboxes.kept.pop(key, None) if _failed(done) else None)
    return await asyncio.shield(task)


def _failed(task: asyncio.Task[Built]) -> bool:
    return task.cancelled() or task.exception() is not None


async def _build(sandboxes: Sandboxes, profile: Profile, command: Sequence[str], tree: Tree) -> Built:
    async with sandboxes.lease(profile) as sandbox:
        await sandbox.put(ROLE, tree, writable=True)
        done = await sandbox.run(list(command), cwd=ROLE)
        usage = Usage(cpu_s=done.cpu_s, wall_s=done.wall_s)
        if done.exit_code != 0 or done.timed_out or done.output_truncated or done.out_of_memory:
            tail = clean((done.stdout + done.stderr)[-300:].decode("utf-8", "replace"), 300)
            return Built(None, Failure.CRASH, f"the build ended with {done.exit_code}: {tail}", usage)
        try:
            return Built(await sandbox.get(ROLE, None, BUILT_LIMITS), usage=usage)
        except ArtifactError as error:
            return Built(None, Failure.REFUSED_ARTIFACT, clean(f"the build left {error}", 300), usage)
