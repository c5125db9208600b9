"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Other tests run at the same time, so how long one example takes says nothing; what failed is printed, not kept.
settings.register_profile(
    "chatapp", deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("chatapp")
