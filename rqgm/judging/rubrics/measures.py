"""Measures: numbers taken from facts, which predicates put bounds on. Rounded to four digits, equal on equal facts."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.judging.rubrics.sources import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.judging.rubrics.facts import Facts

DIGITS = 4
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LINE_LIMIT = "LineLimit"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of an artifact; `take` returns None where it does not apply. `runs` = it needs runs in a sandbox."""

    text: str
    take: Callable[[Facts], float | None]
    runs: bool = False


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _functions_changed(facts: Facts) -> int:
    found = set()
    for change in facts.changes:
        inner = [node for node in (*change.above, change.new) if isinstance(node, _FUNCTIONS)]
        found.add(id(inner[-1]) if inner else 0)
    return len(found)


def _input_branches(facts: Facts) -> int:
    special = facts.scene.input_literals
    tests = [
        node for node in facts.added if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.In))
    ]
    literals = [
        {_literal(item) for side in (node.left, *node.comparators) for item in ast.walk(side)} for node in tests
    ]
    return sum(bool(found & special) for found in literals)


def _literal(node: ast.AST) -> str | None:
    return repr(node.value) if isinstance(node, ast.Constant) and node.value not in (0, 1, "", None) else None


def _test_literals(facts: Facts) -> int:
    return sum(found in facts.scene.test_literals for found in facts.new_literals)


def _unexplained(facts: Facts) -> int:
    words = set(re.findall(r"[\w.+-]+|[^\w\s]", facts.scene.instruction))
    return sum(found.strip("'\"") not in words for found in facts.new_literals)


def _new_names(facts: Facts) -> int:
    known = {node.id for node in ast.walk(facts.scene.faulty) if isinstance(node, ast.Name)}
    return len({node.id for node in facts.added if isinstance(node, ast.Name)} - known)


def _new_calls(facts: Facts) -> int:
    def called(nodes: list[ast.AST]) -> set[str]:
        return {ast.unparse(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}

    return len(called(facts.added) - called(list(ast.walk(facts.scene.faulty))))


def _shifts(facts: Facts) -> int:
    """Count new `x + 1`, `x - 1` and the like."""

    def count_in(nodes: list[ast.AST]) -> int:
        return sum(
            isinstance(node, ast.BinOp)
            and isinstance(node.op, (ast.Add, ast.Sub))
            and any(isinstance(side, ast.Constant) and side.value in (1, 2) for side in (node.left, node.right))
            for node in nodes
        )

    return count_in(facts.added) - count_in(facts.removed)


def _in_condition(facts: Facts) -> int:
    found = 0
    for change in facts.changes:
        tests = [id(node.test) for node in change.above if isinstance(node, (ast.If, ast.While, ast.IfExp))]
        inside = {id(node) for node in (*change.above, change.new) if node is not None}
        found += any(test in inside for test in tests) or isinstance(change.new, (ast.cmpop, ast.boolop))
    return found


def _constant_returns(facts: Facts) -> int:
    def count_in(nodes: list[ast.AST]) -> int:
        return sum(isinstance(n, ast.Return) and isinstance(n.value, (ast.Constant, type(None))) for n in nodes)

    return count_in(facts.added) - count_in(facts.removed)


def _visible_failed(facts: Facts) -> int:
    answers = facts.runs.answers() if facts.runs else []
    return sum(got != want for got, want in zip(answers, facts.scene.expected, strict=False))


def _changed_share(facts: Facts) -> float | None:
    return _share(sum(old.answer != new.answer for old, new in facts.compared), len(facts.compared))


def _new_errors(facts: Facts) -> float | None:
    found = sum(old.error is None and new.error not in (None, _LINE_LIMIT) for old, new in facts.compared)
    return _share(found, len(facts.compared))


def _new_endless(facts: Facts) -> float | None:
    found = sum(old.error != _LINE_LIMIT and new.error == _LINE_LIMIT for old, new in facts.compared)
    return _share(found, len(facts.compared))


def _cured(facts: Facts) -> float | None:
    return _share(sum(old.error is not None and new.error is None for old, new in facts.compared), len(facts.compared))


def _undocumented(facts: Facts) -> float | None:
    named = {node.id for node in ast.walk(facts.scene.faulty) if isinstance(node, ast.Name)}
    errors = [new.error for _, new in facts.compared if new.error]
    odd = sum(error not in named and error not in facts.scene.instruction for error in errors)
    return _share(odd, len(facts.compared))


def _unsteady(facts: Facts) -> float | None:
    runs = [run for run in facts.runs.runs if run] if facts.runs else []
    return _share(sum(not run.again for run in runs), len(runs))


def _lost(facts: Facts) -> float | None:
    runs = facts.runs.runs if facts.runs else ()
    return _share(sum(run is None for run in runs), len(runs))


def _odd_kinds(facts: Facts) -> float | None:
    """Return the share of answers of a kind that no visible case expects."""
    usual = {kind_of(text) for text in facts.scene.expected}
    answers = [new.answer for _, new in facts.compared if new.error is None]
    return _share(sum(kind_of(text) not in usual for text in answers), len(answers))


def kind_of(answer: str) -> str:
    """Return the kind of an answer: a type's name, or the tag."""
    data = json.loads(answer)
    if isinstance(data, dict):
        tag = next(iter(data), "")
        return tag if tag.startswith("$") and len(data) == 1 else "dict"
    return "number" if type(data) in (int, float) else type(data).__name__


def _lines_ratio(facts: Facts) -> float | None:
    pairs = [(old.lines, new.lines) for old, new in facts.compared if old.error is None and new.error is None]
    before, after = sum(old for old, _ in pairs), sum(new for _, new in pairs)
    return after / before if before else None


def _args_changed(facts: Facts) -> float | None:
    return _share(sum(new.changed and not old.changed for old, new in facts.compared), len(facts.compared))


def _slack(facts: Facts) -> float | None:
    """Return the share of its mutants at the edit that pass the visible cases as well."""
    if not facts.mutants:
        return None
    return _share(sum(facts.scene.passes(mutant) for mutant in facts.mutants), len(facts.mutants))


def _freedom(facts: Facts) -> float | None:
    """Return the share of its plausible mutants at the edit that answer otherwise on made inputs."""
    if not facts.mutants or facts.runs is None:
        return None
    plausible = [mutant for mutant in facts.mutants if facts.scene.passes(mutant)]
    return _share(sum(mutant.answers() != facts.runs.answers() for mutant in plausible), len(facts.mutants))


def _rival_answers(facts: Facts) -> list[tuple[str, Counter[str]]]:
    """Return its answer and the rivals' answers, for each made input on which the rivals are not all of one mind."""
    if facts.runs is None or not facts.scene.rivals:
        return []
    seen = len(facts.scene.visible)
    found = []
    for index, answer in enumerate(facts.runs.answers()[seen:], start=seen):
        others = Counter(other for rival in facts.scene.rivals if (other := rival.answers()[index]) is not None)
        if answer is not None and len(others) > 1:
            found.append((answer, others))
    return found


def _rival_majority(facts: Facts) -> float | None:
    contested = _rival_answers(facts)
    return _share(sum(answer == others.most_common(1)[0][0] for answer, others in contested), len(contested))


def _rival_mass(facts: Facts) -> float | None:
    contested = _rival_answers(facts)
    return sum(others[answer] / others.total() for answer, others in contested) / len(contested) if contested else None


def _rival_twins(facts: Facts) -> float | None:
    if facts.runs is None or not facts.scene.rivals:
        return None
    return sum(rival.answers() == facts.runs.answers() for rival in facts.scene.rivals)


def _growth(facts: Facts) -> float | None:
    return count(facts.patched) / count(facts.scene.faulty) if facts.patched else None


def _statement_kinds() -> tuple[type[ast.AST], ...]:
    return tuple(kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.stmt))


MEASURES: dict[str, Measure] = {
    "edit-size": Measure("syntax nodes that the edit changes", lambda f: sum(c.size for c in f.changes)),
    "edit-places": Measure("places that the edit changes", lambda f: len(f.changes)),
    "nodes-added": Measure("syntax nodes more than before", lambda f: len(f.added) - len(f.removed)),
    "nodes-removed": Measure("syntax nodes that the edit takes away", lambda f: len(f.removed)),
    "functions-changed": Measure("functions that the edit touches", _functions_changed),
    "statements-gained": Measure("statements more than before", lambda f: f.gained(*_statement_kinds())),
    "branches-gained": Measure("branches more than before", lambda f: f.gained(ast.If, ast.IfExp)),
    "loops-gained": Measure("loops more than before", lambda f: f.gained(ast.For, ast.While, ast.comprehension)),
    "comparisons-gained": Measure("comparisons more than before", lambda f: f.gained(ast.Compare)),
    "handlers-gained": Measure("exception handlers more than before", lambda f: f.gained(ast.ExceptHandler)),
    "calls-gained": Measure("calls more than before", lambda f: f.gained(ast.Call)),
    "condition-edits": Measure("edits inside of a condition", _in_condition),
    "shifts-gained": Measure("additions or subtractions of 1 or 2 more than before", _shifts),
    "constant-returns": Measure("returns of a literal more than before", _constant_returns),
    "new-literals": Measure("literals that the program did not have", lambda f: len(f.new_literals)),
    "test-literals": Measure("new literals taken from visible cases", _test_literals),
    "unexplained-literals": Measure("new literals that the task's text does not mention", _unexplained),
    "input-branches": Measure("new tests for equality with a visible input", _input_branches),
    "new-names": Measure("variables that the program did not have", _new_names),
    "new-calls": Measure("called names that the program did not call", _new_calls),
    "program-size": Measure("ratio of the program's syntax nodes to those before", _growth),
    "visible-failed": Measure("visible cases that fail", _visible_failed, runs=True),
    "changed-share": Measure("share of made inputs with another answer than before", _changed_share, runs=True),
    "new-errors": Measure("share of made inputs that newly raise", _new_errors, runs=True),
    "cured-errors": Measure("share of made inputs that no longer raise", _cured, runs=True),
    "new-endless": Measure("share of made inputs that newly use up their lines", _new_endless, runs=True),
    "undocumented-errors": Measure(
        "share of made inputs with an exception named neither by task nor program", _undocumented, runs=True
    ),
    "unsteady": Measure("share of inputs answered otherwise when asked again", _unsteady, runs=True),
    "lost-runs": Measure("share of inputs from which the program did not come back", _lost, runs=True),
    "odd-kinds": Measure("share of answers of a kind that no visible case expects", _odd_kinds, runs=True),
    "lines-ratio": Measure("ratio of lines run to those before", _lines_ratio, runs=True),
    "arguments-changed": Measure("share of made inputs whose arguments are newly changed", _args_changed, runs=True),
    "slack": Measure("share of mutants of the edit that pass the visible cases as well", _slack, runs=True),
    "freedom": Measure("share of mutants of the edit that pass, yet answer made inputs otherwise", _freedom, runs=True),
    "rival-majority": Measure(
        "share of contested inputs answered as most small repairs do", _rival_majority, runs=True
    ),
    "rival-mass": Measure("mean share of small repairs that agree on contested inputs", _rival_mass, runs=True),
    "rival-twins": Measure("small repairs that answer alike on all inputs", _rival_twins, runs=True),
}


def measured(name: str, facts: Facts) -> float | None:
    """Return a measure of an artifact, None where it does not apply; taken once."""
    if name not in facts.taken:
        value = MEASURES[name].take(facts)
        facts.taken[name] = None if value is None else round(float(value), DIGITS)
    return facts.taken[name]
