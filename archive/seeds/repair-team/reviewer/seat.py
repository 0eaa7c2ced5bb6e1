"""Where a reviewer sits, and what makes it unlike the others: its share of inputs and edits, its features, its weights."""

import random

from reviewer.review import name_of

MOST_SEATS = 64


class Seat:
    """Seat `number` (from 0) of `seats`. Whoever reviews alone sits in seat 0 of 1 and has everything."""

    def __init__(self, number=0, seats=1):
        self.number, self.seats = number, seats

    @property
    def alone(self):
        """Tell whether nobody else reviews."""
        return self.seats == 1

    def first(self, items):
        """Return all items in this seat's order: its own share first, then the next seats' in turn."""
        return [item for turn in range(self.seats) for item in items[(self.number + turn) % self.seats :: self.seats]]

    def weights(self, plan, told=()):
        """Return {feature: weight} of the features that this seat looks at, in the plan's order.

        A seat leaves some features out, never the plan's first, and weighs the others more or less than the plan does.
        It looks as well at those whose names it was told, because others found them telling.
        """
        if self.alone:
            return dict(plan.FEATURES)
        rng = random.Random(self.number)
        found = {}
        for place, (feature, weight) in enumerate(plan.FEATURES.items()):
            looked_at, factor = rng.random() < plan.FEATURE_SHARE, rng.lognormvariate(0.0, plan.WEIGHT_SPREAD)
            if looked_at or not place or name_of(feature) in told:
                found[feature] = weight * factor
        return found


def seat_of(place):
    """Return the Seat that a request's `panel` names; None is a reviewer that works alone."""
    if place is None:
        return Seat()
    seats = max(1, min(MOST_SEATS, place["seats"]))
    return Seat(place["seat"] % seats, seats)
