"""Accounts: what a job, a role and a run may still use. A call's worst case is held before it, and settled after it.

Held before, so that no budget is overshot, however many calls are made at a time. What a provider may have charged for
an attempt that broke off is not known: it counts against the limits at its worst case (`doubtful`), but not as cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Amount:
    """Dollars, blended tokens and calls."""

    usd: float = 0.0
    tokens: int = 0
    calls: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.usd + other.usd, self.tokens + other.tokens, self.calls + other.calls)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.usd - other.usd, self.tokens - other.tokens, self.calls - other.calls)


@dataclass(frozen=True, slots=True)
class Cap:
    """Limits; None = no limit."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None

    def allows(self, amount: Amount) -> str:
        """Return which limit `amount` is over, or nothing."""
        for name in ("usd", "tokens", "calls"):
            most = getattr(self, name)
            if most is not None and getattr(amount, name) > most:
                return name
        return ""


@dataclass
class Account:
    """One account: what was spent for certain, what perhaps, and what is held for calls under way."""

    name: str
    cap: Cap
    spent: Amount = field(default_factory=Amount)
    doubtful: Amount = field(default_factory=Amount)
    held: Amount = field(default_factory=Amount)
    holds: int = 0

    def refuses(self, amount: Amount) -> str:
        """Return which limit another `amount` would be over, or nothing."""
        return self.cap.allows(self.spent + self.doubtful + self.held + amount)

    def refuses_for_good(self, amount: Amount) -> str:
        """Return which limit `amount` would be over even if all that is held were given back."""
        return self.cap.allows(self.spent + self.doubtful + amount)


@dataclass
class Hold:
    """A worst case that is held in several accounts until `settle` or `release`; both may be called once."""

    accounts: Sequence[Account]
    amount: Amount
    open: bool = True

    def grow(self, amount: Amount) -> bool:
        """Hold `amount` as well, for another try: what was held may be gone. False: no account allows it."""
        if any(account.refuses(amount) for account in self.accounts):
            return False
        for account in self.accounts:
            account.held += amount
        self.amount += amount
        return True

    def settle(self, used: Amount, doubtful: Amount | None = None) -> None:
        """Put what was used in the place of what was held."""
        self._close()
        for account in self.accounts:
            account.spent += used
            account.doubtful += doubtful or Amount()

    def release(self) -> None:
        """Give back what was held: nothing was used."""
        self._close()

    def _close(self) -> None:
        if not self.open:
            raise RuntimeError("a hold is settled or released once")
        self.open = False
        for account in self.accounts:
            account.holds -= 1
            # Without a hold nothing is held: a rest of rounding would have others wait for nobody.
            account.held = account.held - self.amount if account.holds else Amount()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was held: the account and its limit. `final` = waiting for calls under way would not help."""

    account: str
    limit: str
    final: bool


def hold(accounts: Sequence[Account], amount: Amount) -> Hold | Refusal:
    """Hold `amount` in all accounts or in none."""
    for account in accounts:
        if limit := account.refuses_for_good(amount):
            return Refusal(account.name, limit, final=True)
    for account in accounts:
        if limit := account.refuses(amount):
            return Refusal(account.name, limit, final=False)
    for account in accounts:
        account.held += amount
        account.holds += 1
    return Hold(accounts, amount)
