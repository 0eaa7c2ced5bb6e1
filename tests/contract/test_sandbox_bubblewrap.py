"""The `bubblewrap` back-end keeps every promise of the protocol."""

from __future__ import annotations

import asyncio
import os

import pytest

from rqgm.sandbox.bubblewrap import BubblewrapBackend
from rqgm.testing.sandbox_kit import CHECKS, kit_profile, verify

pytestmark = pytest.mark.bubblewrap


@pytest.fixture(scope="module")
def backend() -> BubblewrapBackend:
    """Return a back-end that works; without one, skip with the reason, or fail where it is required."""
    backend = BubblewrapBackend()
    probe = asyncio.run(backend.probe())
    if not probe.usable:
        reason = f"bubblewrap: {probe.detail}; {probe.remedy}"
        if os.environ.get("RQGM_REQUIRE_BUBBLEWRAP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return backend


@pytest.mark.parametrize("name", CHECKS)
async def test_promise(name: str, backend: BubblewrapBackend) -> None:
    """Each check passes."""
    result = await verify(name, backend, kit_profile())
    assert result.known is None
    assert result.passed, result.detail
