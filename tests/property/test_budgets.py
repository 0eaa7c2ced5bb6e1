"""Budgets: whatever is asked at a time and whatever breaks, no limit is passed, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.gateway.accounts import Account, Amount, Cap, Hold, Refusal, hold

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDING_USD = 1e-9
"""Sums of floats may be off by this much of a dollar."""

usd = st.floats(0.0, 0.4, allow_nan=False)
caps = st.builds(
    Cap,
    usd=st.none() | st.sampled_from((0.0, 0.1, 0.3, 0.6, 1.0)) | st.floats(0.0, 2.0),
    tokens=st.none() | st.integers(0, 400),
    calls=st.none() | st.integers(0, 12),
)


@dataclass(frozen=True)
class Plan:
    """One call: what it holds, which share of that it uses, and how many attempts break off before it ends."""

    job: int
    most: Amount
    share: float
    broken: int
    fails: bool


plans = st.builds(
    Plan,
    job=st.integers(0, 15),
    most=st.builds(Amount, usd=usd | st.sampled_from((0.1, 0.2, 0.3)), tokens=st.integers(0, 60), calls=st.just(1)),
    share=st.sampled_from((0.0, 0.5, 1.0)) | st.floats(0.0, 1.0),
    broken=st.integers(0, 2),
    fails=st.booleans(),
)


@dataclass
class Bank:
    """Accounts of a run, of two roles and of sixteen jobs; `waits` tells calls that wait that something was given back."""

    run: Account
    roles: list[Account]
    jobs: list[Account]
    changed: asyncio.Event

    def of(self, job: int) -> list[Account]:
        return [self.jobs[job], self.run, self.roles[job % 2]]

    @property
    def all(self) -> list[Account]:
        return [self.run, *self.roles, *self.jobs]


async def call(bank: Bank, plan: Plan, pause: Callable[[], int]) -> Amount:
    """Make one call as the gateway does, and return what the provider charged for it, attempts that broke off included."""
    while not isinstance(held := hold(bank.of(plan.job), plan.most), Hold):
        if held.final:
            return Amount()
        bank.changed.clear()
        await bank.changed.wait()
    broken = 0
    used = Amount(plan.most.usd * plan.share, int(plan.most.tokens * plan.share), 1)
    for _ in range(pause()):
        await asyncio.sleep(0)
    alive = True
    while alive and broken < plan.broken:
        broken += 1
        alive = held.grow(plan.most)
    answered = alive and not plan.fails
    if broken == 0 and plan.fails:
        held.release()
    else:
        doubtful = Amount(plan.most.usd * broken, plan.most.tokens * broken, 0)
        held.settle(used if answered else Amount(), doubtful)
    bank.changed.set()
    return Amount(used.usd * broken, used.tokens * broken, 0) + (used if answered else Amount())


async def race(bank: Bank, calls: list[Plan], seed: int) -> list[Amount]:
    """Make all calls at a time."""
    draw = random.Random(seed)
    async with asyncio.timeout(10):
        return await asyncio.gather(*(call(bank, plan, lambda: draw.randrange(4)) for plan in calls))


@settings(max_examples=100)
@given(st.lists(plans, max_size=40), caps, st.tuples(caps, caps), caps, st.integers(0, 99))
def test_no_limit_is_passed_and_nobody_waits_for_ever(
    calls: list[Plan], run: Cap, roles: tuple[Cap, Cap], job: Cap, seed: int
) -> None:
    """What was charged, even for attempts that broke off, is within the caps of job, role and run; all is given back."""
    bank = Bank(
        Account("run", run),
        [Account(f"role {n}", cap) for n, cap in enumerate(roles)],
        [Account("job", job) for _ in range(16)],
        asyncio.Event(),
    )
    charged = asyncio.run(race(bank, calls, seed))
    for account in bank.all:
        mine = [c for plan, c in zip(calls, charged, strict=True) if any(one is account for one in bank.of(plan.job))]
        total = sum(mine, start=Amount())
        assert not account.cap.allows(Amount(total.usd - ROUNDING_USD, total.tokens, total.calls)), account
        assert account.held == Amount()
        assert account.holds == 0


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from((0.1, 0.2, 0.3, 0.7, 1 / 3)), min_size=1, max_size=8), st.randoms(use_true_random=False)
)
def test_what_fits_a_limit_exactly_gets_it_after_any_holds(amounts: list[float], draw: random.Random) -> None:
    """However the sums are rounded, no rest is left over that would have a call wait for nobody."""
    account = Account("run", Cap(usd=sum(amounts)))
    holds = [made for amount in amounts if isinstance(made := hold([account], Amount(amount)), Hold)]
    draw.shuffle(holds)
    for made in holds:
        made.release()
    assert isinstance(hold([account], Amount(account.cap.usd or 0.0)), Hold)


@given(st.lists(st.tuples(st.booleans(), usd), max_size=30))
def test_a_refusal_that_is_not_final_has_a_call_under_way(steps: list[tuple[bool, float]]) -> None:
    """So whoever waits is woken by its end."""
    account, under_way = Account("run", Cap(usd=0.5)), []
    for ends, amount in steps:
        if ends and under_way:
            under_way.pop().settle(Amount(amount / 10))
        made: Any = hold([account], Amount(amount))
        if isinstance(made, Refusal):
            assert made.final or under_way
        else:
            under_way.append(made)
