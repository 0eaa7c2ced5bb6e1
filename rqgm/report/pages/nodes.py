"""Nodes for pages: the few figures of each that every page needs, and all that is on record of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rqgm.core.text import clean
from rqgm.core.words import RoleKind
from rqgm.report.edits import gain_json
from rqgm.report.pages.diffs import file_diffs

if TYPE_CHECKING:
    from rqgm.evolution.criterion import Criterion
    from rqgm.report.edits import Edit
    from rqgm.report.pages.chronicle import Chronicle
    from rqgm.report.pages.diffs import FileDiff

NOTES_CHARS = 4_000
"""Characters of one note, of a role or of an editor, that are shown."""


def node_rows(chronicle: Chronicle, edits: dict[int, Edit]) -> list[dict[str, Any]]:
    """Return what every page needs of each node, by index."""
    state = chronicle.state
    rows = []
    for node in state.nodes:
        edit = edits.get(node.index)
        rows.append(
            {
                "commit": node.commit,
                "parent": node.parent,
                "mate": chronicle.made[node.index].mate,
                "epoch": node.epoch,
                "made": chronicle.made[node.index].outcomes,
                "tried": clean(node.tried, 200),
                "belief": round(state.belief(node.index), 4),
                "roles": {role: _counted(state.counts(node.index, role)) for role in state.measured},
                "hashes": {role: digest[:12] for role, digest in node.roles.items()},
                "contents": {
                    role: state.evidence[role].contents[node.content(role)].carriers[0] for role in node.roles
                },
                "changed": list(edit.roles) if edit else [],
                "lines": list(edit.lines) if edit else [0, 0],
                "gain": {role: gain_json(found) for role, found in edit.gain.items()} if edit else {},
            }
        )
    return rows


def _counted(counts: Any) -> list[float] | None:
    """Return [successes, outcomes, low, high], None without outcomes."""
    if not counts.total:
        return None
    low, high = counts.interval()
    return [round(counts.successes, 3), round(counts.total, 3), round(low, 4), round(high, 4)]


def node_page(chronicle: Chronicle, criterion: Criterion, index: int, *, labels: bool) -> dict[str, Any]:
    """Return all that is on record of one node, but for its outcomes' figures: edit, evidence, what judges said.

    `labels`: whether judges' verdicts on labelled items may be shown.
    """
    state = chronicle.state
    node, made = state.nodes[index], chronicle.made[index]
    return {
        "why": clean(node.why, NOTES_CHARS, lines=True),
        "job": made.job,
        "usage": made.usage,
        "train_usage": made.train_usage,
        "train": [train_row(outcome) for outcome in made.train],
        "files": [file.to_json() for file in node_diffs(chronicle, index)],
        "said": _said(chronicle, criterion, index, labels=labels),
    }


def node_diffs(chronicle: Chronicle, index: int) -> list[FileDiff]:
    """Return a node's diff against its parent; generation zero has none."""
    node = chronicle.state.nodes[index]
    if node.parent is None:
        return []
    parent = chronicle.state.nodes[node.parent]
    return file_diffs(chronicle.run.archive.lineage.patches(parent.commit, node.commit))


def train_row(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return one outcome that an editor was shown, its notes as text. Of train tasks labels were shown to it too."""
    return {
        "role": outcome["role"],
        "task": clean(outcome["task"], 200),
        "y": outcome["y"],
        "score": round(outcome["score"], 4),
        "failure": outcome["failure"],
        "detail": clean(outcome.get("detail") or "", 500),
        "verdict": outcome.get("verdict"),
        "notes": notes_text(outcome.get("notes")),
    }


def notes_text(notes: object) -> str:
    """Return a role's notes as text that is safe to show."""
    if notes is None:
        return ""
    text = notes if isinstance(notes, str) else json.dumps(notes, indent=1, ensure_ascii=False, default=str)
    return clean(text, NOTES_CHARS, lines=True)


def _said(chronicle: Chronicle, criterion: Criterion, index: int, *, labels: bool) -> dict[int, dict[str, Any]]:
    """Return {n: {detail, opinions, criteria}} of the outcomes that were measured on this very node."""
    judges = {role.name for role in criterion.roles if role.kind is RoleKind.JUDGE}
    found: dict[int, dict[str, Any]] = {}
    for n in chronicle.by_node[index]:
        heard, record = chronicle.heard[n], chronicle.state.records[n]
        if record.role in judges and not labels:
            continue
        told: dict[str, Any] = {"detail": clean(heard.detail, 500)} if heard.detail else {}
        opinions = [_opinion(said) for said in heard.opinions]
        if opinions and record.role not in judges:
            told["opinions"] = opinions
        if heard.criteria:
            told["criteria"] = [
                {key: clean(str(value), 500) if value is not None else "" for key, value in found.items()}
                for found in heard.criteria
            ]
        if told:
            found[n] = told
    return found


def _opinion(said: dict[str, Any]) -> dict[str, Any]:
    evidence = [
        {key: clean(str(value), 500) for key, value in entry.items() if value is not None}
        for entry in said.get("evidence", ())
    ]
    return {
        "slot": said["slot"],
        "verdict": said["verdict"],
        "score": round(said["score"], 4),
        "failure": said["failure"],
        "evidence": evidence,
    }
