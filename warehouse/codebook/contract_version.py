"""The version of the contract with those who read the marts; what it promises is frozen in docs/reference/contract."""

from __future__ import annotations

# Raised when a mart or column goes, or a type, unit, order or nullability changes (`warehouse.snapshots.contract`).
CONTRACT = 4
