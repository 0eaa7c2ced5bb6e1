"""How long an audit takes: of a synthetic run of 100,000 records, and of a finished run of `repair` if one is named.

``python benchmarks/audit.py --out benchmarks/results/audit.json [--run FOLDER]``. Making the synthetic run takes some
minutes; the audit of it makes no replay, as the target says. Artifacts of synthetic jobs are not kept, so there are no
blobs to hash; `--run` shows what these take.
"""

from __future__ import annotations

import asyncio
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import common
from overhead import make

from rqgm.evolution.settings import EpochSettings
from rqgm.report.audit.auditor import AuditOptions, audit, audit_record
from rqgm.testing.worlds import World

RECORDS = 100_000


def synthetic(records: int) -> dict[str, Any]:
    """Make a run of `records` records, then audit it in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        archive, loop, _ = make(Path(name), WORLD, records, EPOCHS)
        asyncio.run(loop.run())
        archive.close()
        return common.in_process(__file__, "--part", "again", "--folder", name, "--records", str(records))


WORLD = World(tasks=400, anchors=1_600)
EPOCHS = EpochSettings(first=1_000)


def again(folder: Path, records: int) -> dict[str, Any]:
    """Audit a synthetic run's record, and say how long that took."""
    from rqgm.evolution.loop import LoopSettings
    from rqgm.evolution.settings import BudgetSettings, EndpointSettings, SearchSettings

    settings = LoopSettings(
        seed=1,
        search=SearchSettings(),
        epochs=EPOCHS,
        endpoints=EndpointSettings(),
        budget=BudgetSettings(outcomes=records),
        workers=2,
    )
    began = time.perf_counter()
    findings = audit_record(folder, WORLD.criterion(), settings)
    wall_s = time.perf_counter() - began
    return {
        "wall_s": round(wall_s, 2),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "findings": {finding.check: [finding.standing.value, finding.figure] for finding in findings},
    }


def real(folder: Path) -> dict[str, Any]:
    """Audit a run's folder, all of its decisions included."""
    found = audit(folder, AuditOptions(every=True))
    return {
        "wall_s": round(found.wall_s, 2),
        "passed": found.passed,
        "findings": {finding.check: [finding.standing.value, finding.figure] for finding in found.findings},
    }


def main() -> None:
    """Print how long audits take."""
    options = common.parser(__doc__)
    options.add_argument("--run", type=Path, help="also audit this finished run")
    options.add_argument("--records", type=int, default=RECORDS)
    options.add_argument("--part", choices=["again"], help="used by itself")
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    if chosen.part:
        print(json.dumps(again(chosen.folder, chosen.records)))
        return
    result = {"records": chosen.records, "synthetic": synthetic(chosen.records)}
    if chosen.run is not None:
        result["real"] = real(chosen.run)
    common.report(result, chosen.out)


if __name__ == "__main__":
    main()
