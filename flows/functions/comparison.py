"""How Continue If and If / Else compare two values."""

from enum import StrEnum

from flows.cards import Fields, field


class Comparison(StrEnum):
    EQUALS = "equals"
    DOES_NOT_EQUAL = "does_not_equal"
    CONTAINS = "contains"
    DOES_NOT_CONTAIN = "does_not_contain"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    IS_GREATER_THAN = "is_greater_than"
    IS_LESS_THAN = "is_less_than"


class Options(Fields):
    comparison: Comparison = field("Comparison", default=Comparison.EQUALS)


class Inputs(Fields):
    value: str = field("Value", takes_any=True, default="")
    compared_with: str = field(
        "Compared With",
        help="Letters are compared without their case, numbers as numbers, times as times.",
        takes_any=True,
        default="",
    )
