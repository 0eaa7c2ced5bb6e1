"""The doctor: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rqgm.core.errors import ConfigError
from rqgm.gateway.prices import known_model, price_of
from rqgm.gateway.providers import KNOWN, provider_of
from rqgm.gateway.settings import LimitTable, ModelsSettings
from rqgm.sandbox.doctor import examine_machine
from rqgm.sandbox.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.run.shelves import Shelves

Standing = Literal["good", "poor", "missing"]
"""poor = works, but with less than there could be; missing = does not work."""
LIBRARIES = ("rqgm-toolkit", "litellm", "openai", "anthropic", "docker", "pygit2", "pydantic", "numpy", "scipy")
LITTLE_DISK_BYTES = 2 << 30
PROBE_USD = 0.10


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing."""

    part: str
    name: str
    standing: Standing
    detail: str
    remedy: str = ""


async def examine(shelves: Shelves, live: Sequence[str], env: Mapping[str, str] = os.environ) -> list[Finding]:
    """Look at versions, disk, sandboxes and providers; ask each model in `live` once, for next to nothing."""
    found = [*_versions(), *_disk(shelves), *await _sandboxes(shelves), *_providers(env)]
    return found + [await _ask(model, env) for model in live]


def to_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return plain data."""
    return [asdict(finding) for finding in findings]


def _versions() -> list[Finding]:
    found = [Finding("versions", "python", "good", platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append(Finding("versions", name, "good", version(name)))
        except PackageNotFoundError:
            found.append(Finding("versions", name, "missing", "not installed", f"pip install {name}"))
    return found


def _disk(shelves: Shelves) -> list[Finding]:
    found = []
    for what, folder in (("runs", shelves.runs), ("scratch", Path(tempfile.gettempdir()))):
        place = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(place).free
        writable = os.access(place, os.W_OK)
        standing: Standing = "missing" if not writable else "poor" if free < LITTLE_DISK_BYTES else "good"
        remedy = {"good": "", "poor": "free some space: a run needs 0.1 to 2 GiB", "missing": f"make {place} writable"}
        detail = f"{folder}: {free / 2**30:.1f} GiB free{'' if writable else ', cannot be written'}"
        found.append(Finding("disk", what, standing, detail, remedy[standing]))
    return found


async def _sandboxes(shelves: Shelves) -> list[Finding]:
    diagnosis = await examine_machine(load_profile(shelves.find("profile", "python").path))
    found = []
    for one in diagnosis.backends:
        standing: Standing = "missing" if not one.usable else "good" if one.isolated else "poor"
        remedy = one.remedy or ("limits only, no isolation: for trusted workspaces" if standing == "poor" else "")
        found.append(Finding("sandboxes", one.name, standing, one.detail, remedy))
    taken = diagnosis.auto
    remedy = "" if taken else "install bubblewrap or docker: without isolation no workspace that a model writes may run"
    detail = f"`--sandbox auto` takes {taken}" if taken else "nothing isolates here"
    return [*found, Finding("sandboxes", "auto", "good" if taken else "missing", detail, remedy)]


def _providers(env: Mapping[str, str]) -> list[Finding]:
    found = []
    for name, known in KNOWN.items():
        settings = ModelsSettings(default=f"{name}/any", allow_unpriced=True)
        try:
            provider = provider_of(f"{name}/any", settings, env)
        except ConfigError as error:
            found.append(Finding("providers", name, "missing", "not configured", _remedy(error)))
            continue
        key = f"{known.key_env} is set" if provider.key else "no key, none needed"
        found.append(Finding("providers", name, "good", f"{provider.base_url}, {key}"))
    remedy = "" if found else "set a key"
    detail = "any other of LiteLLM's, as provider/name; its key is <PROVIDER>_API_KEY"
    return [*found, Finding("providers", "others", "good", detail, remedy)]


def _remedy(error: ConfigError) -> str:
    return str(error).removeprefix("models: ").partition("; ")[2] or str(error)


async def _ask(model: str, env: Mapping[str, str]) -> Finding:
    """Ask a model once through a gateway of its own."""
    from rqgm.gateway.gateway import Gateway, RunLimits  # noqa: PLC0415  # uvicorn and starlette

    try:
        settings = ModelsSettings(default=model, mode="live", job=LimitTable(usd=PROBE_USD))
        price_of(model, settings)
        with tempfile.TemporaryDirectory(prefix="rqgm-") as scratch:
            async with Gateway(Path(scratch), settings, ["doctor"], RunLimits(usd=PROBE_USD), env) as gateway:
                await gateway.check(tools=True)
                (call,) = gateway.calls
    except (ConfigError, ValueError) as error:
        return Finding("live", model, "missing", str(error)[:400], "see `rqgm doctor` on providers, and docs/models.md")
    entry = known_model(model) or {}
    window = entry.get("max_input_tokens")
    more = f", window {window} tokens" if window else ""
    used = f"{call.tokens['input']} + {call.tokens['output']} tokens"
    detail = f"{call.version or model} answers in {call.wall_s:.1f} s with tools: {used}, ${call.cost_usd:.6f}{more}"
    return Finding("live", model, "good", detail)
