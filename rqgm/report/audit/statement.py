"""The audit as a text to keep: what was checked, against which heads, by whom, with a digest of the text itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rqgm.core.hashes import sha256
from rqgm.core.text import clean

if TYPE_CHECKING:
    from rqgm.report.audit.auditor import Audit

_MARK = "sha256 of the text above: "


def statement(audit: Audit, *, at: str, by: str, versions: dict[str, str], told: dict[str, str | None]) -> str:
    """Return the signed-off report as text.

    `at` is the time as ISO 8601, `by` whoever signs, `versions` those of rqgm and Python here, `told` the heads that
    the reader was given. Its last line is the sha256 of all before it (`verify_statement`), so that a copy can be told
    from an altered one; who signs it with a key of their own signs this file.
    """
    lines = [f"Audit of run {clean(audit.run, 200)}", f"at {at}, by {clean(by, 200)}"]
    lines += [", ".join(f"{name} {version}" for name, version in versions.items()), ""]
    for part, head in audit.heads.items():
        given = told.get(part)
        lines.append(f"{part} head: {head or '-'} ({'as given' if given else 'none was given to compare with'})")
    lines.append("")
    for finding in audit.findings:
        lines.append(f"[{finding.standing.value}] {finding.check}: {finding.figure}")
        lines += [f"    {fault}" for fault in finding.faults]
        if finding.count > len(finding.faults):
            lines.append(f"    and {finding.count - len(finding.faults)} more")
    verdict = "No check failed." if audit.passed else "CHECKS FAILED: this record must not be relied on as it is."
    text = "\n".join([*lines, "", verdict, ""])
    return f"{text}{_MARK}{sha256(text.encode())}\n"


def verify_statement(text: str) -> bool:
    """Tell whether a report is as it was written."""
    body, mark, digest = text.rpartition(_MARK)
    return bool(mark) and sha256(body.encode()) == digest.strip()
