"""Policies: what decides, after the parallel drafts, whether anybody talks; opened by name."""

from __future__ import annotations

import re
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.orchestration.plans import Plan, PlanError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    import numpy as np

    from rqgm.orchestration.features import Features
    from rqgm.orchestration.policies.learned import Learned

GROUP = "rqgm.policies"
MOST_ROUNDS = 16
SHIPPED = Path(__file__).parent / "policies" / "weights"
"""Where the weights lie that ship: ``<policy>.safetensors`` and its card."""
_FORM = re.compile(r"([a-z][a-z0-9-]{0,62})(?:\(([^()]{0,200})\))?")


@runtime_checkable
class Policy(Protocol):
    """Decides on a plan from the features of drafts.

    `plan` is deterministic without `rng`; with one it may sample, for training or as a control. It follows a
    permutation of the agents: what it decides depends on drafts, not on their numbers (`rqgm.testing.policy_kit`
    checks it).
    """

    @property
    def name(self) -> str:
        """The name by which it is opened."""

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:
        """Return who answers again and whom they hear."""


def open_policy(text: str, weights: Path | None = None) -> Policy:
    """Return the policy that `text` names.

    ``parallel``, ``again``, ``full``, ``chain``, ``star``, ``random(0.3)``, ``debate(2)``, ``self-org(0.8)``; learned,
    by their `weights` or those that ship: ``gated``, ``nexa-paper``, ``edge-logits``; or a plug-in: an entry point of
    the group `rqgm.policies`, called with the text between the parentheses ("" without) and `weights`, that returns a
    Policy. Raises UnknownNameError with the nearest name, ConfigError for a bad argument, WeightsError for bad weights.
    """
    form = _FORM.fullmatch(text.strip())
    if not form:
        raise ConfigError(f"policy {text!r:.200} is not of the form name or name(argument)")
    name, argument = form.group(1), form.group(2)
    built_in = _built_in()
    plugins = {} if name in built_in else {point.name: point for point in entry_points(group=GROUP)}
    if name in plugins:
        return _PluginPolicy(plugins[name], argument or "", weights)
    if name not in built_in:
        raise UnknownNameError("policy", name, {*built_in, *plugins})
    return built_in[name](name, argument, weights)


def known_policies() -> list[str]:
    """Return the names of all policies, ours first, then plug-ins."""
    ours = list(_built_in())
    return [*ours, *sorted({point.name for point in entry_points(group=GROUP)} - set(ours))]


def _built_in() -> dict[str, Callable[[str, str | None, Path | None], Policy]]:
    from rqgm.orchestration.policies.drawn import Drawn  # noqa: PLC0415  # numpy: whoever names no policy does without
    from rqgm.orchestration.policies.edge_logits import EdgeLogits  # noqa: PLC0415
    from rqgm.orchestration.policies.fixed import Again, Chain, Debate, Full, Parallel, Star  # noqa: PLC0415
    from rqgm.orchestration.policies.gated import Gated  # noqa: PLC0415
    from rqgm.orchestration.policies.nexa_paper import NexaPaper  # noqa: PLC0415
    from rqgm.orchestration.policies.self_org import SelfOrg  # noqa: PLC0415

    return {
        "parallel": partial(_plain, Parallel),
        "again": partial(_plain, Again),
        "full": partial(_plain, Full),
        "chain": partial(_plain, Chain),
        "star": partial(_plain, Star),
        "random": partial(_number, Drawn, (0.0, 1.0)),
        "debate": partial(_rounds, Debate),
        "self-org": partial(_number, SelfOrg, (-1.0, 1.0)),
        "edge-logits": partial(_learned, EdgeLogits),
        "nexa-paper": partial(_learned, NexaPaper),
        "gated": partial(_learned, Gated),
    }


def _plain(make: Callable[[], Policy], name: str, argument: str | None, weights: Path | None) -> Policy:
    _no_weights(name, weights)
    if argument is not None:
        raise ConfigError(f"policy {name}({argument}): {name} takes no argument; write {name}")
    return make()


def _number(
    make: Callable[[float], Policy], limits: tuple[float, float], name: str, argument: str | None, weights: Path | None
) -> Policy:
    _no_weights(name, weights)
    low, high = limits
    try:
        value = float(argument or "")
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ConfigError(f"policy {name}({argument or ''}): wants a number from {low:g} to {high:g}, as {name}(0.5)")
    return make(value)


def _rounds(make: Callable[[int], Policy], name: str, argument: str | None, weights: Path | None) -> Policy:
    _no_weights(name, weights)
    text = (argument or "").strip()
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0  # noqa: PLR2004  # digits
    if not 1 <= value <= MOST_ROUNDS:
        raise ConfigError(f"policy {name}({text}): wants a number of rounds from 1 to {MOST_ROUNDS}, as {name}(2)")
    return make(value)


def _no_weights(name: str, weights: Path | None) -> None:
    if weights is not None:
        raise ConfigError(f"policy {name}: is not learned and takes no weights ({weights}); leave them out")


def _learned(make: type[Learned], name: str, argument: str | None, weights: Path | None) -> Policy:
    from rqgm.orchestration.weights import load_weights  # noqa: PLC0415  # only a learned policy needs them

    if argument is not None:
        raise ConfigError(f"policy {name}({argument}): {name} takes no argument; weights are given beside it")
    shipped = SHIPPED / f"{name}.safetensors"
    if weights is None and not shipped.is_file():
        raise ConfigError(f"policy {name}: is learned, and none ships; give its weights (`rqgm nexa train` makes them)")
    return make(load_weights(weights or shipped)[0])


class _PluginPolicy:
    """A plug-in's policy under guard: whatever is wrong with it is a ConfigError or a PlanError that names it."""

    def __init__(self, entry: EntryPoint, argument: str, weights: Path | None) -> None:
        self.name = entry.name
        self._where = f"policy {entry.name!r} ({entry.value})"
        try:
            self._inner = entry.load()(argument, weights)
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigError(f"{self._where} cannot be made: {error!r}") from error
        if not callable(getattr(self._inner, "plan", None)):
            raise ConfigError(f"{self._where}: made a {type(self._inner).__name__}, which has no `plan`")

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:
        """Return its plan, checked: it is a Plan, and of these agents."""
        try:
            plan = self._inner.plan(features, rng)
        except (ConfigError, PlanError):
            raise
        except Exception as error:
            raise PlanError(f"{self._where}: {type(error).__name__}: {error}") from error
        if not isinstance(plan, Plan) or plan.agents != features.agents:
            told = f"of {plan.agents} agents" if isinstance(plan, Plan) else f"a {type(plan).__name__}"
            raise PlanError(f"{self._where}: planned for {features.agents} agents, and returned {told}")
        return plan
