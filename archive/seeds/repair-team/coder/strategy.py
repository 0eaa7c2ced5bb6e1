"""How members of a team differ: each but the first works by a variation of the plan, drawn from its number."""

import random
from types import SimpleNamespace

LEAST_OPERATORS = 3


def strategy_of(plan, member: int, turn: int = 0):
    """Return the plan of one member as a namespace; member 0 works as the plan says in its first turn.

    The variation depends on the member's number and turn alone, so that a member is the same on every task.
    """
    own = SimpleNamespace(**{name: value for name, value in vars(plan).items() if name.isupper()})
    own.PRIORS = plan.OPERATOR_WEIGHTS  # members search by different weights, and choose by the same
    if member == 0 and turn == 0:
        return own
    rng = random.Random(f"member {member} turn {turn}")
    count = max(LEAST_OPERATORS, round(len(plan.OPERATORS) * plan.OPERATOR_SHARE))
    own.OPERATORS = rng.sample(plan.OPERATORS, min(count, len(plan.OPERATORS)))
    own.SEARCHES = (plan.OTHER_SEARCHES if member % 2 else plan.SEARCHES) or plan.SEARCHES
    own.LOCALISE = rng.choice(plan.LOCALISERS or [plan.LOCALISE])
    own.ORDER = rng.choice(plan.ORDERS or [plan.ORDER])
    own.OPERATOR_WEIGHTS = {
        name: plan.OPERATOR_WEIGHTS.get(name, 1.0) * rng.lognormvariate(0.0, max(0.0, plan.WEIGHT_SPREAD))
        for name in (part.__name__.rpartition(".")[2] for part in own.OPERATORS)
    }
    return own
