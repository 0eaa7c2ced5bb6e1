"""The train evidence as text: what a role was asked, what it did, what would have been right.

An entry of ours and the mate's on the same task stand side by side (`origin` self and mate): what the one did and the
other did not is often the lesson.
"""

import json
import os

from shared.files import FileTrouble, difference, listing, read_text
from shared.prompts import fenced, shortened

DIFF_CHARS = 3_000
NOTES_CHARS = 2_500
ORIGINS = {"self": "this workspace", "mate": "the mate, another lineage's workspace"}


def cases(evidence) -> list:
    """Return lists of entries about one task of one role, our own first; failures come first."""
    grouped = {}
    for entry in evidence:
        grouped.setdefault((entry["role"], entry["task"]), []).append(entry)
    ordered = [sorted(case, key=lambda entry: entry["origin"] != "self") for case in grouped.values()]
    return sorted(ordered, key=lambda case: case[0]["success"])


def all_told(grouped, limit) -> str:
    """Return as many cases as text as `limit` characters hold; whole ones, so that no fence is cut open."""
    texts = []
    for case in grouped:
        text = told(case)
        if sum(map(len, texts)) + len(text) > limit:
            texts.append(f"({len(grouped) - len(texts)} more cases are left out)")
            break
        texts.append(text)
    return "\n\n".join(texts)


def told(case) -> str:
    """Return one case as text."""
    role, task = case[0]["role"], case[0]["task"]
    label = _label(case[0]["folder"])
    parts = [f"## {role}, task {task}"]
    if label:
        parts.append(f"The right verdict on this patch is {label}:\n{_patch(case[0])}")
    for entry in case:
        parts.append(_outcome(entry))
        if not label:
            parts.append(f"What it changed:\n{_patch(entry)}")
    if not label:
        parts.append(f"What the reference solution changes:\n{_reference(case[0])}")
    return "\n\n".join(parts)


def _outcome(entry):
    end = "success" if entry["success"] else f"no success ({entry['failure'] or 'a wrong answer'})"
    notes = shortened(json.dumps(entry["notes"], indent=1, ensure_ascii=False), NOTES_CHARS)
    place = os.path.basename(entry["folder"])
    by = ORIGINS[entry["origin"]]
    return f"By {by} (place {place}): {end}, score {entry['score']:.3g}. Its notes:\n{fenced(notes)}"


def _label(folder):
    """Return the verdict that would have been right, if it is a judge's task."""
    try:
        return str(json.loads(read_text(f"{folder}/label", "label.json"))["label"])
    except (FileTrouble, ValueError, KeyError):
        return None


def _patch(entry):
    """Return what the artifact changed in the task's files."""
    task, artifact = f"{entry['folder']}/task", f"{entry['folder']}/artifact"
    if not os.path.isdir(artifact) or not listing(artifact):
        return "(no artifact)"
    return fenced(shortened(difference(task, artifact, listing(artifact)), DIFF_CHARS))


def _reference(entry):
    """Return what the reference solution changes in the task's files."""
    task, label = f"{entry['folder']}/task", f"{entry['folder']}/label"
    names = listing(task).keys() & listing(label).keys()
    return fenced(shortened(difference(task, label, names), DIFF_CHARS))
