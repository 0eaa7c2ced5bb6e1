"""What of a run can be altered without the audit's noticing? Random changes of every table and file of a small run.

``python benchmarks/tampering.py --out benchmarks/results/tampering.json`` (about a quarter of an hour; quicker where
temporary files lie in memory). The run is ``archive/example/repair-small``, copied; its heads are given to the audit, as
a reader has them. It calls no model, so the record of calls is tried on another run, whose rows are kept in the same
file: ``--run FOLDER --label "a run with models" --parts calls.sqlite``. Each change
is one of: a byte altered, a byte taken away, a file cut off, deleted, or swapped with another; of a table a row altered,
deleted, swapped, all rows after one cut off, or a row altered and all hashes behind it computed anew. A change is

- `named`: a check fails, or tells what it did not tell of the run as it was;
- `harmless`: nothing is told, and all that anybody reads of the run is byte for byte what it was;
- `silent`: nothing is told, and something is different. There must be none.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common

from rqgm.archive.blobs import Blobs
from rqgm.archive.ledger import GENESIS, Ledger, chain
from rqgm.archive.lineage import Lineage
from rqgm.archive.state import State
from rqgm.core.errors import RqgmError
from rqgm.core.hashes import canonical_json, hash_json
from rqgm.core.trees import hash_tree
from rqgm.report.audit.auditor import AuditOptions, audit
from rqgm.report.audit.record import Heads
from rqgm.run.lock import hash_inputs, read_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.report.audit.auditor import Audit

EXAMPLE = Path(__file__).parents[1] / "archive" / "example" / "repair-small"
TABLES = ("row altered", "row deleted", "rows swapped", "rows cut off", "row altered, chain made anew", "row added")
FILES = ("byte altered", "byte taken away", "file cut off", "file deleted", "files swapped", "file added")
PARTS = ("run.lock.json", "ledger.sqlite", "calls.sqlite", "lineage.git", "blobs", "inputs")


# ------------------------------------------------------------------ what readers see


def calls_of(folder: Path) -> list[Any]:
    """Return the record of calls to models, empty where the run has none."""
    if not (folder / "calls.sqlite").exists():
        return []
    with closing(Ledger(folder / "calls.sqlite", read_only=True)) as calls:
        return [[e.seq, e.at, e.kind, e.body, e.prev_hash, e.hash] for e in calls.events()]


def seen(folder: Path) -> str:
    """Return a hash over all that anybody reads of a run: lock, inputs, events, nodes, blobs that the record names."""
    lock = read_lock(folder)
    with closing(Ledger(folder / "ledger.sqlite", read_only=True)) as ledger:
        events = [[e.seq, e.at, e.kind, e.body, e.prev_hash, e.hash] for e in ledger.events()]
        state = State.fold(ledger.events())
        waiting = sorted(ledger.inbox())
    lineage, blobs = Lineage(folder / "lineage.git"), Blobs(folder / "blobs")
    nodes = [[node.commit, lineage.message(node.commit), hash_tree(lineage.tree(node.commit))] for node in state.nodes]
    named = sorted({record.artifact for record in state.records.values() if record.artifact})
    trees = [hash_tree(blobs.get_tree(digest)) for digest in named]
    return hash_json([lock.to_json(), hash_inputs(folder), events, waiting, calls_of(folder), nodes, trees])


# ------------------------------------------------------------------ changes


def change_row(folder: Path, how: str, rng: random.Random, file: str = "ledger.sqlite") -> str:
    """Make one change of a table of events and say which."""
    with closing(sqlite3.connect(folder / file, isolation_level=None)) as database:
        triggers = [sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        count = database.execute("SELECT count(*) FROM events").fetchone()[0]
        seq = rng.randint(1, count)
        if how == "row altered":
            database.execute("UPDATE events SET body = ? WHERE seq = ?", (altered(body_of(database, seq), rng), seq))
        elif how == "row deleted":
            database.execute("DELETE FROM events WHERE seq = ?", (seq,))
        elif how == "rows swapped":
            other = rng.choice([k for k in range(1, count + 1) if k != seq])
            mine, theirs = body_of(database, seq), body_of(database, other)
            database.execute("UPDATE events SET body = ? WHERE seq = ?", (theirs, seq))
            database.execute("UPDATE events SET body = ? WHERE seq = ?", (mine, other))
        elif how == "rows cut off":
            database.execute("DELETE FROM events WHERE seq >= ?", (seq,))
        elif how == "row added":
            database.execute("INSERT INTO inbox VALUES (?, ?)", (rng.randint(1, 999), "{}"))
        else:
            database.execute("UPDATE events SET body = ? WHERE seq = ?", (forged(body_of(database, seq), rng), seq))
            relink(database)
        for sql in triggers:
            database.execute(sql)
    return f"{how} at {seq}"


def body_of(database: sqlite3.Connection, seq: int) -> str:
    """Return an event's body."""
    return str(database.execute("SELECT body FROM events WHERE seq = ?", (seq,)).fetchone()[0])


def altered(text: str, rng: random.Random) -> str:
    """Return `text` with one character changed."""
    position = rng.randrange(len(text))
    other = rng.choice([c for c in "0123456789abcdef" if c != text[position]])
    return text[:position] + other + text[position + 1 :]


def forged(text: str, rng: random.Random) -> str:
    """Return an event's body with one of its values changed, still well-formed: what somebody who gains by it would do."""
    body = json.loads(text)
    if "y" in body:
        body["y"] = 1 - body["y"]
    elif "job" in body and "task" in body["job"]:
        body["job"]["task"] = f"{body['job']['task']}x"
    elif "erased" in body:
        body["erased"] = body["erased"][1:]
    else:
        key = rng.choice(sorted(body))
        body[key] = rng.randint(0, 10**6)
    return canonical_json(body)


def relink(database: sqlite3.Connection) -> None:
    """Compute all hashes of the chain anew."""
    head = GENESIS
    for seq, at, kind, body in database.execute("SELECT seq, at, kind, body FROM events ORDER BY seq").fetchall():
        digest = chain(head, seq, at, kind, body)
        database.execute("UPDATE events SET prev_hash = ?, hash = ? WHERE seq = ?", (head, digest, seq))
        head = digest


def change_file(folder: Path, part: str, how: str, rng: random.Random) -> str:
    """Make one change of a file under `part` and say which."""
    base = folder / part
    files = [base] if base.is_file() else sorted(path for path in base.rglob("*") if path.is_file())
    path = rng.choice(files)
    data = path.read_bytes()
    path.chmod(0o644)
    position = rng.randrange(len(data)) if data else 0
    if how == "byte altered" and data:
        flipped = bytes([data[position] ^ rng.randint(1, 255)])
        path.write_bytes(data[:position] + flipped + data[position + 1 :])
    elif how == "byte taken away" and data:
        path.write_bytes(data[:position] + data[position + 1 :])
    elif how == "file cut off":
        path.write_bytes(data[:position])
    elif how == "file deleted":
        path.unlink()
    elif how == "files swapped" and len(files) > 1:
        other = rng.choice([file for file in files if file != path])
        other.chmod(0o644)
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
    else:
        path = path.with_name(f"{path.name}.{rng.randrange(10**6)}")
        path.write_bytes(b"not asked for")
    return f"{how}: {path.relative_to(folder)} at {position}"


# ------------------------------------------------------------------ the experiment


def try_changes(
    run: Path,
    work: Path,
    change: Callable[[Path, str, random.Random], str],
    ways: tuple[str, ...],
    count: int,
    name: str,
) -> dict[str, Any]:
    """Make `count` changes, each to a fresh copy, and return what became of them."""
    rng = random.Random(f"tampering {name}")
    with closing(Ledger(run / "ledger.sqlite", read_only=True)) as ledger:
        heads = Heads(ledger=ledger.head, calls=(calls_of(run) or [[None]])[-1][-1])
    options = AuditOptions(heads, signs=False)
    before, known = seen(run), told_of(audit(run, options))
    found: Counter[str] = Counter()
    by: Counter[str] = Counter()
    silent: list[str] = []
    for number in range(count):
        copy = work / f"run-{name}-{number}"  # a path of its own: libgit2 keeps packs in memory by their paths
        shutil.copytree(run, copy)
        told = change(copy, ways[number % len(ways)], rng)
        new = [check for check, faults in told_of(audit(copy, options)).items() if faults != known.get(check)]
        if new:
            found["named"] += 1
            by[new[0]] += 1
        elif same(copy, before):
            found["harmless"] += 1
        else:
            found["silent"] += 1
            silent.append(told)
        shutil.rmtree(copy)
        print(f"{name}: {number + 1} of {count}, {dict(found)}", end="\r", file=sys.stderr)
    print(file=sys.stderr)
    kinds = {kind: found[kind] for kind in ("named", "harmless", "silent")}
    return {"changes": count, **kinds, "first_named_by": dict(by.most_common()), "silent_changes": silent}


def told_of(result: Audit) -> dict[str, tuple[str, ...]]:
    """Return what failed and what was noted, by check, failures first."""
    findings = sorted(result.findings, key=lambda finding: finding.standing.value != "failed")
    return {finding.check: (finding.standing.value, *finding.faults) for finding in findings if finding.faults}


def same(folder: Path, before: str) -> bool:
    """Tell whether readers see what they saw before."""
    try:
        return seen(folder) == before
    except (RqgmError, OSError, ValueError, KeyError):
        return False


def main() -> None:
    """Print what became of the changes of each table and file."""
    options = common.parser(__doc__)
    options.add_argument("--changes", type=int, default=200, help="of each table and each part of the folder")
    options.add_argument("--run", type=Path, default=EXAMPLE, help="another finished run, one with models say")
    options.add_argument("--label", help="how rows of that run are called")
    options.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="only these")
    chosen = options.parse_args()
    run, suffix = chosen.run, f" ({chosen.label})" if chosen.label else ""
    known = json.loads(chosen.out.read_text())["parts"] if chosen.out and chosen.out.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        rows = {}
        for part in (part for part in chosen.parts if (run / part).exists()):

            def change(folder: Path, how: str, rng: random.Random, part: str = part) -> str:
                return change_file(folder, part, how, rng)

            def row(folder: Path, how: str, rng: random.Random, part: str = part) -> str:
                return change_row(folder, how, rng, part)

            if part.endswith(".sqlite"):
                table = f"table events of {part}"
                rows[table + suffix] = try_changes(run, work, row, TABLES, chosen.changes, table)
            rows[part + suffix] = try_changes(run, work, change, FILES, chosen.changes, part)
    common.report({"parts": known | rows}, chosen.out)


if __name__ == "__main__":
    main()
