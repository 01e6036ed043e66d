"""Settings every test shares."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("sseml", deadline=None, print_blob=True)
settings.load_profile("sseml")
