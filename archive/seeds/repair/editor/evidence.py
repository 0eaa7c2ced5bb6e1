"""The train outcomes that an edit may look at. Whatever is missing or malformed in them is simply not there."""

import json
import os

MAX_TEXT_BYTES = 200_000


class Item:
    """One train outcome: of which role and task, whether it succeeded, and the files in its folder."""

    def __init__(self, data):
        self.role = str(data.get("role", ""))
        self.task = str(data.get("task", ""))
        self.success = bool(data.get("success"))
        self.score = float(data["score"]) if isinstance(data.get("score"), (int, float)) else 0.0
        self.failure = data.get("failure")
        self.own = data.get("origin", "self") == "self"
        self.folder = data.get("folder") if isinstance(data.get("folder"), str) else ""
        self.notes = data["notes"] if isinstance(data.get("notes"), dict) else {}

    def text(self, path):
        """Return a file of the evidence folder as text, or None."""
        full = os.path.join(self.folder, path)
        try:
            if not self.folder or os.path.getsize(full) > MAX_TEXT_BYTES:
                return None
            with open(full, encoding="utf-8") as file:
                return file.read()
        except (OSError, ValueError):
            return None

    def label(self):
        """Return True for a reviewer's item that deserves "accept", False for "reject", None when there is no label."""
        try:
            label = json.loads(self.text("label/label.json") or "{}").get("label")
        except (ValueError, AttributeError):
            return None
        return {"accept": True, "reject": False}.get(label)

    def reference(self):
        """Return (faulty, right) sources of a coder's task, or None."""
        faulty, right = self.text("task/program.py"), self.text("label/program.py")
        return (faulty, right) if faulty and right and faulty != right else None

    def cases(self):
        """Return the visible cases of a coder's task, [] where they cannot be read."""
        try:
            cases = json.loads(self.text("task/visible.json") or "{}").get("cases", [])
        except (ValueError, AttributeError):
            return []
        return cases if isinstance(cases, list) else []

    def says(self, *words):
        """Tell whether a true entry of the notes, or the failure, has one of `words` in its name."""
        names = [str(key) for key, value in self.notes.items() if value and value != "0"]
        return any(word in name for name in [*names, str(self.failure or "")] for word in words)

    def values(self):
        """Return {feature: value} as a reviewer noted them; {} where it did not."""
        values = self.notes.get("features")
        if not isinstance(values, dict):
            return {}
        return {str(k): float(v) for k, v in values.items() if isinstance(v, (int, float)) and abs(v) <= 1}


def read_evidence(data):
    """Return the request's evidence as items, in its order; entries that are not objects are left out."""
    return [Item(entry) for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []


def of_role(evidence, role, own=True):
    """Return the items of one role; only those of the edited node itself unless `own` is False."""
    return [item for item in evidence if item.role == role and (item.own or not own)]


def judged(evidence):
    """Return (item, label) of all items that carry an accept or reject label, of any role or node."""
    pairs = [(item, item.label()) for item in evidence]
    return [(item, label) for item, label in pairs if label is not None]
