"""Settings every test shares."""

from __future__ import annotations

import os

from hypothesis import settings

# Before anything imports MLflow: the tests report nowhere.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

settings.register_profile("sseml", deadline=None, print_blob=True)
settings.load_profile("sseml")
