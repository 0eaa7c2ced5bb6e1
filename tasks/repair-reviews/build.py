"""Make the suite `repair-reviews`: labelled patches of repair programs. Run ``python tasks/repair-reviews/build.py``.

People's patches are the variants that the programs' authors wrote; machine-made ones are what searches with the seed
workspace's parts library find plausible. All pass the visible tests; the hidden cases label them. Every artifact is
printed in one way, as changed statements in the faulty program's text, so that form says nothing about label or maker.
Programs of the coder's test pool are left out. Equal sources give equal files.
"""

import argparse
import ast
import difflib
import hashlib
import importlib
import importlib.util
import json
import multiprocessing
import os
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
REPAIR = HERE.parent / "repair"
SEED = HERE.parents[1] / "archive" / "seeds" / "repair"
POOLS = {"train": "train", "validation": "anchor", "reviews": "test"}  # of a program -> of its patches
PER_CLASS = {"human": 3, "machine": 8}  # patches of one program and label
MAX_LABELLED = 60  # plausible machine-made patches of one program that are labelled
STEPS = 4_000_000  # counted work of one search

sys.dont_write_bytecode = True
sys.path.insert(0, str(SEED))


def load(path: Path, name: str):
    """Import one file by path."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load(REPAIR / "build.py", "repair_build")
candidates = importlib.import_module("shared.candidates")
engine = importlib.import_module("coder.engine")
seed_plan = importlib.import_module("coder.plan")


# ---------------------------------------------------------------------------------------------- machine-made patches


def part(shelf: str, name: str):
    """Return a part of the workspace, from the library or from the coder's own."""
    path = SEED / "parts" / shelf / f"{name}.py"
    return load(path if path.exists() else SEED / "coder" / shelf / f"{name}.py", f"coder.{shelf}.{name}")


def operators() -> list[str]:
    """Return the names of all operators, the coder's own and the library's."""
    folders = (SEED / "coder" / "operators", SEED / "parts" / "operators")
    return sorted(path.stem for folder in folders for path in folder.glob("*.py") if path.stem != "__init__")


def plan(names: list[str], searches: list[str], order: str) -> SimpleNamespace:
    """Return a composition that collects plausible patches instead of choosing one."""
    constants = {key: value for key, value in vars(seed_plan).items() if key.isupper()}
    constants |= {"MAX_CANDIDATES": 1 << 30, "MAX_PLAUSIBLE": 1 << 30, "MAX_STEPS": STEPS, "RANK_SHARE": 0.0}
    return SimpleNamespace(**constants | {
        "OPERATORS": [part("operators", name) for name in names],
        "LOCALISE": part("localise", "ochiai"),
        "ORDER": part("orders", order),
        "SEARCHES": [part("searches", name) for name in searches],
        "RANKING": [part("rankings", "smallest")],  # one that has a use for every plausible patch
    })  # fmt: skip


def plausible(faulty: str, cases: list[dict]) -> list[str]:
    """Return the plausible patches that several compositions find, as texts."""
    names = operators()
    compositions = [
        plan(seed_operators(), ["single"], "by_line"),
        plan(names, ["single"], "interleaved"),
        plan(names, ["by_failing_case", "pairs"], "blended"),
        plan(names, ["greedy"], "by_suspicion"),
    ]
    found = {}
    for composition in compositions:
        search = engine.Engine(composition, faulty, cases, 0, 1)
        search.search()
        for patch in search.plausible:
            found.setdefault(normal(patch.text), patch.text)
    return list(found.values())


def seed_operators() -> list[str]:
    """Return the names of the operators that the seed's coder starts with."""
    return sorted(path.stem for path in (SEED / "coder" / "operators").glob("*.py") if path.stem != "__init__")


def normal(source: str) -> str:
    """Return a text that is equal for equal syntax trees."""
    return ast.unparse(ast.parse(source))


# ---------------------------------------------------------------------------------------------- one way of printing


def printed(faulty: str, source: str) -> str:
    """Return `source` as the faulty text in which only the statements that differ are printed anew."""
    program = candidates.Program(faulty)
    changes: list = []
    block(program.tree, "body", ast.parse(source).body, changes)
    return program.text(candidates.Edit(changes, 1)) if changes else faulty


def block(holder, field: str, new: list, changes: list) -> None:
    """Add the changes that turn one block into another; equal statements keep the old text."""
    old = getattr(holder, field)
    result = []
    matcher = difflib.SequenceMatcher(None, [ast.dump(item) for item in old], [ast.dump(item) for item in new], False)
    for tag, first, after, other, other_after in matcher.get_opcodes():
        if tag == "equal":
            result += old[first:after]
        elif after - first == other_after - other:
            result += [inside(*pair, changes) for pair in zip(old[first:after], new[other:other_after])]
        else:
            result += new[other:other_after]
    if len(result) != len(old) or any(left is not right for left, right in zip(old, result)):
        changes.append((holder, field, result))


def inside(old, new, changes: list):
    """Return `old` with changes of its header and blocks added, or `new` where it is another kind of statement."""
    if type(old) is not type(new) or not isinstance(old, (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While)):
        return new
    for field in old._fields:
        before, now = getattr(old, field), getattr(new, field)
        if field in ("body", "orelse"):
            if before and now:
                block(old, field, now, changes)
            elif before or now:
                changes.append((old, field, now))
        elif dump(before) != dump(now):
            changes.append((old, field, now))
    return old


def dump(value) -> str:
    """Return a field's value as a text to compare."""
    return repr([ast.dump(item) for item in value]) if isinstance(value, list) else (
        ast.dump(value) if isinstance(value, ast.AST) else repr(value)
    )


# ---------------------------------------------------------------------------------------------- one program


def review_items(task: tuple[str, str]) -> list[dict]:
    """Return the labelled patches of one program."""
    name, pool = task
    program = build.load(REPAIR / "programs" / f"{name}.py", f"program_{name}")
    parts = build.check(program, name)
    people = {normal(text): text for text in [parts["solution"], *parts["rights"], *parts["wrongs"]]}
    made = {normal(text): text for text in plausible(parts["faulty"], parts["visible"])}
    made = dict(sorted((key, text) for key, text in made.items() if key not in people)[:: step(len(made))])
    items = []
    for provenance, texts in (("human", people), ("machine", made)):
        rows = [row(name, text, parts, provenance) for text in texts.values()]
        items += chosen([item for item in rows if item is not None], PER_CLASS[provenance])
    case_file = {"schema_version": 1, "program": "program.py", "cases": parts["visible"]}
    public = {
        "name": name.replace("_", "-"),
        "instruction": build.INSTRUCTION.format(text=(program.__doc__ or "").strip()),
        "files": {"program.py": parts["faulty"], "visible.json": build.to_json(case_file)},
    }
    return [item | {"pool": POOLS[pool], "task": public} for item in items]


def step(count: int) -> int:
    """Return the stride that keeps about MAX_LABELLED of so many patches."""
    return max(1, count // MAX_LABELLED)


def row(name: str, text: str, parts: dict, provenance: str) -> dict | None:
    """Return one labelled patch; None for a text that does not pass the visible tests under the verifier."""
    artifact = printed(parts["faulty"], text)
    if normal(artifact) != normal(text):
        raise ValueError(f"{name}: a patch changed when it was printed")
    cases = parts["visible"] + parts["hidden"]
    answers = build.observe(artifact, [case["input"] for case in cases])
    passed = [build.verifier.same(answer, case["expected"]) for answer, case in zip(answers, cases)]
    if not all(passed[: len(parts["visible"])]):
        return None
    digest = hashlib.sha256(f"{name}\n{normal(text)}".encode()).hexdigest()
    failed = passed.count(False)
    return {
        "id": f"{name.replace('_', '-')}-{digest[:8]}",
        "digest": digest,
        "artifact": {"program.py": artifact},
        "provenance": provenance,
        "label": "reject" if failed else "accept",
        "why": f"fails {failed} of {len(parts['hidden'])} hidden cases" if failed else "passes all hidden cases",
        "behaviour": json.dumps(answers, sort_keys=True),
    }


def chosen(rows: list[dict], limit: int) -> list[dict]:
    """Return up to `limit` patches of each label: wrong ones of different behaviour first, then by digest."""
    found = []
    for label in ("accept", "reject"):
        known: dict[str, int] = {}
        keyed = []
        for item in sorted((item for item in rows if item["label"] == label), key=lambda item: item["digest"]):
            known[item["behaviour"]] = known.get(item["behaviour"], 0) + 1
            keyed.append((known[item["behaviour"]], item["digest"], item))
        found += [item for _, _, item in sorted(keyed, key=lambda pair: pair[:2])[:limit]]
    return found


# ---------------------------------------------------------------------------------------------- the suite


def balanced(items: list[dict]) -> list[dict]:
    """Drop patches until each pool and provenance has as many right as wrong ones, first where one program has more."""
    kept = []
    for group in sorted({(item["pool"], item["provenance"]) for item in items}):
        rows = [item for item in items if (item["pool"], item["provenance"]) == group]
        while (surplus := count(rows, "accept") - count(rows, "reject")) != 0:
            label = "accept" if surplus > 0 else "reject"
            rows.remove(max((item for item in rows if item["label"] == label), key=lambda item: excess(item, rows)))
        kept += rows
    return sorted(kept, key=lambda item: item["id"])


def count(rows: list[dict], label: str) -> int:
    """Return how many rows have this label."""
    return sum(item["label"] == label for item in rows)


def excess(item: dict, rows: list[dict]) -> tuple:
    """Return by how much the item's label leads among its program's rows; the digest breaks ties."""
    own = [other for other in rows if other["task"]["name"] == item["task"]["name"]]
    return 2 * count(own, item["label"]) - len(own), item["digest"]


def write(items: list[dict]) -> None:
    """Write items and labels apart, in the order of their ids."""
    public = ("id", "task", "artifact", "provenance", "pool")
    with (HERE / "items.jsonl").open("w") as file:
        file.writelines(json.dumps({key: item[key] for key in public}, sort_keys=True) + "\n" for item in items)
    with (HERE / "labels.jsonl").open("w") as file:
        file.writelines(json.dumps({key: item[key] for key in ("id", "label", "why")}) + "\n" for item in items)


def table(items: list[dict]) -> str:
    """Return the counts as the README's table."""
    lines = ["| pool | programs | human right | human wrong | machine right | machine wrong | all |", "|---|---|---|---|---|---|---|"]
    for pool in POOLS.values():
        rows = [item for item in items if item["pool"] == pool]
        cells = [
            count([item for item in rows if item["provenance"] == made], label)
            for made in ("human", "machine")
            for label in ("accept", "reject")
        ]
        programs = len({item["task"]["name"] for item in rows})
        lines.append("| " + " | ".join(map(str, [pool, programs, *cells, len(rows)])) + " |")
    return "\n".join(lines)


def main() -> None:
    if os.environ.get("PYTHONHASHSEED") != "0":  # candidates that walk over sets must do so in one order
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    pools = tomllib.loads((REPAIR / "programs" / "pools.toml").read_text())
    tasks = [(name, pool) for pool in POOLS for name in pools[pool]]
    with multiprocessing.Pool(options.workers) as workers:
        found = workers.map(review_items, tasks, chunksize=1)
    items = balanced([item for group in found for item in group])
    write(items)
    print(table(items))


if __name__ == "__main__":
    main()
