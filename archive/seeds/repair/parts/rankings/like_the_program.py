"""Prefers patches whose new code is made of words that the program already uses, and that are short."""

import difflib

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the similarity of each patched text to the faulty one."""
    old = evidence.base.program.source
    return [difflib.SequenceMatcher(None, old, patch.text, autojunk=False).ratio() for patch in patches]
