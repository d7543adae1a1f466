"""Drawing and sharing out: seeded streams of chance, totals apportioned to counties, rounding to a step.

Belongs here: arithmetic that every programme uses. Does not belong here: any programme's own numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from decimal import Decimal

from warehouse.synthetic.records import Value

HUNDRED = 100  # money moves in steps of 100 yuan, which a county writes as 0.01 万元


def stream(seed: int, *names: str) -> random.Random:
    """A stream of chance of its own for each purpose: what one programme draws never shifts what another draws."""
    return random.Random(":".join((str(seed), *names)))  # noqa: S311  (nothing here is a secret)


def spread(rng: random.Random, codes: Iterable[str], low: float, high: float) -> dict[str, float]:
    """A factor for each code, evenly spread between two bounds."""
    return {code: rng.uniform(low, high) for code in codes}


def spread_evenly(rng: random.Random, codes: Iterable[str], reach: float) -> dict[str, float]:
    """Factors at even steps from -reach to reach, dealt out to the codes: their spread is the same in every deal."""
    dealt = list(codes)
    rng.shuffle(dealt)
    return {code: reach * (2 * place / (len(dealt) - 1) - 1) for place, code in enumerate(dealt)}


def apportion(total: int, weights: Mapping[str, float], step: int = 1) -> dict[str, int]:
    """`total` shared out by weight in multiples of `step`, by largest remainder: the shares sum to it exactly."""
    whole = sum(weights.values())
    steps = total // step
    quotas = {key: steps * weight / whole for key, weight in weights.items()}
    shares = {key: math.floor(quota) for key, quota in quotas.items()}
    short = steps - sum(shares.values())
    for key in sorted(quotas, key=lambda k: (shares[k] - quotas[k], k))[:short]:
        shares[key] += 1
    return {key: share * step for key, share in shares.items()}


def part(value: float, share: float, step: int = 1) -> int:
    """A share of a value, rounded down to a multiple of `step`: a smaller share never gives more."""
    return math.floor(value * share / step) * step


def cover(value: float, share: float) -> int:
    """A share of a count, rounded up: shares that sum to one or more never sum to less than the count."""
    return math.ceil(value * share)


def seldom_blank(rng: random.Random, value: Value, share: float = 0.08) -> Value:
    """The value, or in a few of a hundred cases the blank of a county that does not count it."""
    return None if rng.random() < share else value


def hundredths(value: float) -> Decimal:
    """A number rounded down to two decimals, as areas and capacities are kept."""
    return Decimal(math.floor(value * 100)) / 100


def tenths(count: int) -> Decimal:
    """A count of tenths as a decimal number: 15 gives 1.5."""
    return Decimal(count) / 10
