"""What a seat tells the others: inputs on which plausible patches part, rivals that it found, what its features say."""

import ast

from reviewer.hearing import patch_of, shortened
from reviewer.review import name_of
from shared.values import canonical


def message(case, values, plan):
    """Return the message of a review: plain data below MAX_MESSAGE characters.

    `inputs` are INPUTs; `answers` has for each what the faulty and the patched program answer there; `rivals` are
    patches of the faulty program's normalised text: [first line, line after the last, new text].
    """
    told = telling_inputs(case, int(plan.TOLD_INPUTS))
    before = ast.unparse(case.faulty).splitlines()
    rivals = [patch_of(before, rival.text.splitlines()) for rival in case.rivals[: int(plan.TOLD_RIVALS)]]
    return shortened({
        "inputs": [item for item, _, _ in told],
        "answers": [[short(faulty), short(patched)] for _, faulty, patched in told],
        "rivals": rivals,
        "features": {name_of(feature): round(value, 4) for feature, value in values.items()},
    })  # fmt: skip


def telling_inputs(case, count):
    """Return the compared triples on which the known patches part most, at least one group from another."""
    found = []
    for place, (item, faulty, patched) in enumerate(case.legal):
        answers = {canonical(case.answer(rival.program, item)) for rival in case.rivals} | {canonical(patched)}
        if len(answers) > 1:
            found.append((-len(answers), place, (item, faulty, patched)))
    return [triple for _, _, triple in sorted(found, key=lambda entry: entry[:2])[:count]]


def short(answer, most=200):
    """Return an answer's canonical text, cut."""
    return canonical(answer)[:most]
