"""What a test needs from the machine: where it is missing the test is skipped, but in CI it fails."""

from __future__ import annotations

import os

import pytest


def needs(condition: bool, what: str) -> None:
    """Skip the test, or under CI fail it, where `condition` does not hold; `what` says what is missing."""
    if condition:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"needs {what}; in CI nothing is skipped", pytrace=False)
    pytest.skip(f"needs {what}")
