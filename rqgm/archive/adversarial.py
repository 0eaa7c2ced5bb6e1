"""The adversarial pool of a judge role, as the ledger keeps it: what displaced judges accepted, and its truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rqgm.core.errors import IntegrityError
from rqgm.core.hashes import hash_json
from rqgm.core.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Label = Literal[Verdict.ACCEPT, Verdict.REJECT]
LabelSource = Literal["verifier", "presumed"]


@dataclass(frozen=True, slots=True)
class AdversarialItem:
    """A machine-made artifact that a displaced judge accepted: `role` made it of the validation task `task`.

    It entered at the end of `epoch`; `n` is the newest outcome in which that judge accepted it. `label` is what is
    true of it, None until somebody looked; no sandbox ever sees it.
    """

    id: str
    role: str
    task: str
    artifact: str
    epoch: int
    n: int
    label: Label | None = None
    label_source: LabelSource | None = None


def item_id(role: str, suite_hash: str, task: str, artifact: str) -> str:
    """Return an item's id, by content. The tilde cannot occur in the name of a suite's own task or item."""
    return f"{task}~{hash_json([role, suite_hash, task, artifact])[:24]}"


@dataclass(frozen=True)
class AdversarialPool:
    """The items of one judge role by id, and the hash over what they are and how they are labelled."""

    items: Mapping[str, AdversarialItem] = field(default_factory=dict)
    hash: str = ""

    @classmethod
    def of(cls, items: Iterable[AdversarialItem]) -> AdversarialPool:
        """Return the pool of labelled `items`, in whatever order they come."""
        found = {item.id: item for item in sorted(items, key=lambda item: item.id)}
        return cls(found, hash_json([[name, item.label] for name, item in found.items()]) if found else "")

    def describe(self) -> dict[str, Any]:
        """Return {hash, size, labels, sources}: what reports say of it."""
        labels = Counter(item.label for item in self.items.values())
        sources = Counter(item.label_source for item in self.items.values())
        return {
            "hash": self.hash,
            "size": len(self.items),
            "labels": {label.value: labels[label] for label in (Verdict.ACCEPT, Verdict.REJECT)},
            "sources": {source: sources[source] for source in ("verifier", "presumed")},
        }

    def to_json(self) -> list[dict[str, Any]]:
        """Return the items as plain data."""
        return [asdict(item) for item in self.items.values()]

    @classmethod
    def from_json(cls, items: Iterable[dict[str, Any]], told: str) -> AdversarialPool:
        """Return a stored pool; IntegrityError if its hash is not `told`."""
        pool = cls.of(AdversarialItem(**{**item, "label": Verdict(item["label"])}) for item in items)
        if pool.hash != told:
            raise IntegrityError(f"an adversarial pool has the hash {pool.hash[:12]}, but the ledger says {told[:12]}")
        return pool
