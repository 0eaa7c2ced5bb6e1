"""The closed vocabularies of the glossary."""

from __future__ import annotations

from enum import StrEnum


class RoleKind(StrEnum):
    """What a role does; the run fixes it, evolved code cannot change it."""

    SOLVER = "solver"
    JUDGE = "judge"
    EDITOR = "editor"


class Pool(StrEnum):
    """Which of the isolated pools an item belongs to (spec §2)."""

    TRAIN = "train"
    VALIDATION = "validation"
    ANCHOR = "anchor"
    ADVERSARIAL = "adversarial"
    TEST = "test"


class Verdict(StrEnum):
    """What a judge says."""

    ACCEPT = "accept"
    REJECT = "reject"
    ABSTAIN = "abstain"


class Fulfilment(StrEnum):
    """Whether an artifact fulfils a criterion."""

    MET = "met"
    UNMET = "unmet"
    ABSTAIN = "abstain"


class Provenance(StrEnum):
    """Who made an artifact."""

    HUMAN = "human"
    MACHINE = "machine"
