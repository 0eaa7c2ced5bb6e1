"""A changed condition that comes out the same in every run decides nothing."""

import ast

KIND = "feature"

TESTED = 24
ALIVE = 0.3


def measure(case):
    """Return -1 when putting True or False in a changed condition's place changes no answer, ALIVE when it does."""
    conditions = [(holder, test) for holder, test in changed_conditions(case)]
    if not conditions:
        return 0.0
    inputs = [sample.input for sample in case.visible] + case.inputs[:TESTED]
    wanted = [case.answer(case.patched_program, item) for item in inputs]
    for holder, test in conditions:
        for constant in (True, False):
            holder.test = ast.copy_location(ast.Constant(constant), test)
            try:
                program = case.load(case.patched)
            finally:
                holder.test = test
            if all(case.answer(program, item) == want for item, want in zip(inputs, wanted)):
                return -1.0
    return ALIVE


def changed_conditions(case):
    """Yield (statement, its test) for every if, while or conditional expression whose test the patch touched."""
    for change in case.changes:
        inside = [*change.above, *(ast.walk(change.new) if change.new is not None else ())]
        for holder in inside:
            if isinstance(holder, (ast.If, ast.While, ast.IfExp)):
                touched = holder in change.above and any(node is holder.test for node in (*change.above, change.new))
                if touched or holder not in change.above:
                    yield holder, holder.test
