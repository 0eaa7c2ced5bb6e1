"""The closed vocabularies."""

from __future__ import annotations

from rqgm.core.words import Pool, Provenance, RoleKind, Verdict


def test_words_are_those_of_the_glossary() -> None:
    """They are written to records, so they never change silently."""
    assert [*RoleKind] == ["solver", "judge", "editor"]
    assert [*Pool] == ["train", "validation", "anchor", "adversarial", "test"]
    assert [*Verdict] == ["accept", "reject", "abstain"]
    assert [*Provenance] == ["human", "machine"]
