"""Accounts: what is held, settled, given back and refused."""

from __future__ import annotations

import pytest

from rqgm.gateway.accounts import Account, Amount, Cap, Hold, Refusal, hold

CALL = Amount(0.1, 10, 1)


def account(name: str = "job", **cap: float) -> Account:
    return Account(name, Cap(**cap))


@pytest.mark.parametrize("limit", ["usd", "tokens", "calls"])
def test_a_limit_may_be_reached_and_not_passed(limit: str) -> None:
    """To the last dollar, token and call."""
    some = account(**{limit: getattr(CALL, limit)})
    first = hold([some], CALL)
    assert isinstance(first, Hold)
    first.settle(CALL)
    assert hold([some], CALL) == Refusal("job", limit, final=True)


def test_without_a_limit_nothing_is_refused() -> None:
    """What is left out of a table has no limit."""
    assert isinstance(hold([account()], Amount(1e9, 10**12, 10**6)), Hold)


def test_it_is_held_in_all_accounts_or_in_none() -> None:
    """An account that would allow it is not left with a hold that nobody has."""
    wide, narrow = account("run"), account("job", calls=0)
    assert hold([wide, narrow], CALL) == Refusal("job", "calls", final=True)
    assert (wide.held, wide.holds) == (Amount(), 0)


def test_a_refusal_is_not_final_while_calls_under_way_may_give_back() -> None:
    """The next one waits, and gets what the one before did not use."""
    some = account(usd=0.15)
    first = hold([some], CALL)
    assert hold([some], CALL) == Refusal("job", "usd", final=False)
    first.settle(Amount(0.01, 1, 1))
    assert isinstance(hold([some], CALL), Hold)


def test_a_final_refusal_comes_before_one_that_would_have_to_wait() -> None:
    """Nobody waits for a call that another account will not allow anyway."""
    busy, spent = account("run", usd=0.1), account("job", usd=0.05)
    assert isinstance(hold([busy], CALL), Hold)
    assert hold([busy, spent], CALL) == Refusal("job", "usd", final=True)


def test_what_is_doubtful_counts_against_the_limit_and_not_as_spent() -> None:
    """A provider may have charged for it."""
    some = account(usd=0.15)
    hold([some], CALL).settle(Amount(), CALL)
    assert (some.spent, some.doubtful, some.held) == (Amount(), CALL, Amount())
    assert hold([some], CALL) == Refusal("job", "usd", final=True)


def test_a_released_hold_leaves_nothing_behind() -> None:
    """As if it had never been."""
    some = account(usd=0.1)
    hold([some], CALL).release()
    assert some == account(usd=0.1)


def test_a_hold_grows_only_as_far_as_all_accounts_allow() -> None:
    """A second attempt is paid for like the first, or not made."""
    wide, narrow = account("run"), account("job", usd=0.25)
    held = hold([wide, narrow], CALL)
    assert held.grow(CALL)
    assert not held.grow(CALL)
    assert held.amount == wide.held == narrow.held == CALL + CALL
    held.settle(CALL, CALL)
    assert (narrow.spent, narrow.doubtful, narrow.held) == (CALL, CALL, Amount())


def test_a_hold_is_closed_once() -> None:
    """Twice would give back what others hold."""
    held = hold([account()], CALL)
    held.release()
    with pytest.raises(RuntimeError, match="once"):
        held.settle(CALL)


def test_rounding_leaves_no_rest_that_one_would_wait_for() -> None:
    """0.1 + 0.2 - 0.1 - 0.2 is not 0: with such a rest a call that fits exactly would wait for ever."""
    some = account(usd=0.1 + 0.2)
    first, second = hold([some], Amount(0.1)), hold([some], Amount(0.2))
    first.release()
    second.release()
    assert some.held == Amount()
    assert isinstance(hold([some], Amount(0.1 + 0.2)), Hold)
