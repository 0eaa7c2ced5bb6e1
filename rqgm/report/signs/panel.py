"""The panel of detectors, and how files get to them: what an edit or an artifact brought, each content once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.core.errors import UnknownNameError
from rqgm.core.words import RoleKind
from rqgm.report.signs.copies import Copies
from rqgm.report.signs.cost import Cost
from rqgm.report.signs.detector import Detector, Finding, Place, plural
from rqgm.report.signs.determinism import Determinism
from rqgm.report.signs.divergence import Divergence
from rqgm.report.signs.escapes import Escapes
from rqgm.report.signs.harness import Harness
from rqgm.report.signs.known_inputs import KnownInputs
from rqgm.report.signs.material import Material, sees
from rqgm.report.signs.obscured import Obscured
from rqgm.report.signs.sign import Evidence, Sign, in_file, in_record, line_of, sign
from rqgm.report.signs.source import Source
from rqgm.report.signs.unread import Unread
from rqgm.report.signs.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rqgm.report.signs.material import Changed, Made
    from rqgm.run.session import OpenedRun

DETECTORS: dict[str, Detector] = {
    detector.name: detector
    for detector in (
        Harness(), KnownInputs(), Divergence(), Cost(), Verdicts(), Copies(), Escapes(), Determinism(),
        Obscured(), Unread(),
    )
}  # fmt: skip
"""All detectors by name."""
SHOWN = 5
"""Pieces of evidence that one sign has at most."""

Found = tuple[tuple[str, Finding], ...]
"""Findings in one file, each with its detector's name."""


def find_signs(run: OpenedRun, detectors: Sequence[str] = ()) -> list[Sign]:
    """Return the signs of cheating in a run, by node; `detectors` names some of `DETECTORS` (none = all).

    Signs are reasons to look, not proofs, and no sign is no proof of honesty. UnknownNameError on an unknown name,
    IntegrityError if a node is missing from the lineage; lesser damage is told by ``unread``.
    """
    wrong = next((name for name in detectors if name not in DETECTORS), None)
    if wrong is not None:
        raise UnknownNameError("detector", wrong, DETECTORS, "rqgm.report.signs")
    chosen = [detector for name, detector in DETECTORS.items() if not detectors or name in detectors]
    material = Material(run)
    signs = [*_in_workspaces(material, chosen), *_in_artifacts(material, chosen)]
    for detector in chosen:
        signs += detector.in_record(material)
    order = {name: number for number, name in enumerate(DETECTORS)}
    return sorted(signs, key=lambda s: (-1 if s.node is None else s.node, s.n or 0, order[s.detector], s.text))


@dataclass(frozen=True)
class _Where:
    node: int
    n: int | None
    place: str
    path: str


def _in_workspaces(material: Material, chosen: Sequence[Detector]) -> Iterator[Sign]:
    known: dict[tuple[str, str, frozenset[RoleKind], bool], Found] = {}

    def findings(changed: Changed, blob: str) -> Found:
        place = _place(material, changed)
        key = (blob, changed.path, place.kinds, place.deterministic)
        if key not in known:
            data = material.read(blob)
            known[key] = look(Source(changed.path, data), place, chosen) if data is not None else _lost(changed, chosen)
        return known[key]

    for changed in material.changed():
        new = findings(changed, changed.blob)
        if new:
            before = {_key(found) for blob in changed.before for found in findings(changed, blob)}
            fresh = [found for found in new if _key(found) not in before]
            yield from _signs(fresh, _Where(changed.node, changed.n, "", changed.path), ())


def _lost(changed: Changed, chosen: Sequence[Detector]) -> Found:
    """Return what is said of a file that cannot be read."""
    finding = Finding("missing", "notice", 0, "missing, altered or too large: not read", line_of(changed.path, 160))
    return ((Unread.name, finding),) if any(detector.name == Unread.name for detector in chosen) else ()


def _place(material: Material, changed: Changed) -> Place:
    """Return where a workspace's file lies; the manifest, and what no role sees, is looked at as all roles'."""
    roles = [role for role in changed.roles if sees(role, changed.path)] or changed.roles
    kinds = frozenset(role.kind for role in roles) or frozenset(RoleKind)
    return Place("workspace", material.known, kinds, any(role.deterministic for role in roles))


def _in_artifacts(material: Material, chosen: Sequence[Detector]) -> Iterator[Sign]:
    known: dict[tuple[str, str, bytes], Found] = {}
    unread: list[Made] = []
    for made in material.artifacts():
        seen = made.seen
        if made.trouble:
            unread.append(made)
            continue
        for path, file in made.files.items():
            key = (seen.task, path, file.data)
            if key not in known:
                task = material.known.tasks.get(seen.task)
                original = task.originals.get(path) if task else None
                place = Place("artifact", material.known, task=seen.task, original=original)
                known[key] = _fresh(look(Source(path, file.data), place, chosen), original, place, chosen)
                evidence = (in_record(seen.n, "artifact", f"{seen.artifact} ({seen.kind}, {seen.task})"),)
                yield from _signs(known[key], _Where(seen.node, seen.n, f"artifact for {seen.task}: ", path), evidence)
    if unread and any(detector.name == Unread.name for detector in chosen):
        yield _missing(unread)


def _missing(unread: Sequence[Made]) -> Sign:
    """Return one sign for all artifacts that cannot be read: what is wrong with them is the audit's to say."""
    first = unread[0]
    text = f"{plural(len(unread), 'artifact')} cannot be read: {first.trouble}"
    evidence = tuple(in_record(made.seen.n, "artifact", made.seen.artifact) for made in unread[:SHOWN])
    return sign(Unread.name, "notice", first.seen.node, first.seen.n, text, evidence)


def _fresh(found: Found, original: Source | None, place: Place, chosen: Sequence[Detector]) -> Found:
    """Leave out what the task's own file holds already."""
    if not found or original is None:
        return found
    before = {_key(entry) for entry in look(original, place, chosen)}
    return tuple(entry for entry in found if _key(entry) not in before)


def look(source: Source, place: Place, chosen: Iterable[Detector]) -> Found:
    """Return what detectors find in a file and in the texts of it that are code themselves.

    Content is hostile: where a detector fails on it, that is told as a finding of its own, and the others go on.
    """
    found: list[tuple[str, Finding]] = []
    for detector in chosen:
        try:
            found += [(detector.name, entry) for entry in _look_through(detector, source, place)]
        except Exception as error:  # noqa: BLE001  # a file must not be able to silence the panel
            text = f"{detector.name} failed on this file ({type(error).__name__}): not looked at"
            found.append((detector.name, Finding("failed", "notice", 0, text, source.path)))
    return tuple((name, _with_line(source, entry)) for name, entry in found)


def _look_through(detector: Detector, source: Source, place: Place) -> Iterator[Finding]:
    yield from detector.in_file(source, place)
    for inner in source.nested:
        for entry in detector.in_file(inner, place):
            yield _with_line(inner, entry)
        for deeper in inner.nested:
            yield from (_with_line(deeper, entry) for entry in detector.in_file(deeper, place))


def _with_line(source: Source, entry: Finding) -> Finding:
    """Return a finding with its line's text, cleaned and cut, so that the file need not be kept."""
    excerpt = line_of(entry.excerpt or source.line(entry.line), 160)
    return Finding(entry.rule, entry.strength, entry.line, line_of(entry.text, 200), excerpt)


def _key(found: tuple[str, Finding]) -> tuple[str, str, str, str]:
    name, entry = found
    return name, entry.rule, entry.text, entry.excerpt


def _signs(found: Iterable[tuple[str, Finding]], where: _Where, more: tuple[Evidence, ...]) -> Iterator[Sign]:
    """Make one sign of all findings of one detector in one file, those of the strongest rule first."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for name, entry in found:
        groups[name].append(entry)
    for name, entries in groups.items():
        entries.sort(key=lambda entry: (entry.strength != "strong", entry.line))
        texts = list(dict.fromkeys(entry.text for entry in entries))
        rest = f" (and {plural(len(texts) - 2, 'more finding')})" if len(texts) > 2 else ""  # noqa: PLR2004
        lines: dict[tuple[int, str], None] = dict.fromkeys((entry.line, entry.excerpt) for entry in entries)
        evidence = tuple(in_file(where.path, line, excerpt) for line, excerpt in list(lines)[:SHOWN])
        text = f"{where.place}{where.path}: {'; '.join(texts[:2])}{rest}"
        yield sign(name, entries[0].strength, where.node, where.n, text, (*evidence, *more))
