"""What every adapter makes of an option that does not fit."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from marshmallow import ValidationError


def assert_refused(
    make: Callable[[str, dict[str, Any]], Any],
    options: Mapping[str, object],
    wrong: Mapping[str, object],
    field: str,
) -> None:
    """`options` with what is `wrong` are refused by the name of `field`, without a secret; None takes one away."""
    given = {name: value for name, value in {**options, **wrong}.items() if value is not None}
    with pytest.raises(ValidationError) as refused:
        make("desk", given)
    assert field in refused.value.messages_dict
    assert "plain-text" not in str(refused.value)
