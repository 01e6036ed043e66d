"""MLflow's own scoring app, for a bundle folder or a model of the registry."""

from __future__ import annotations

from typing import Any

import mlflow.pyfunc
from mlflow.pyfunc import scoring_server


def scoring_app(model_uri: str) -> Any:
    """Load a model and make the ASGI app that ``mlflow models serve`` would run.

    Parameters
    ----------
    model_uri
        A bundle's folder, or such as ``models:/sseml@champion``.
    """
    return scoring_server.init(mlflow.pyfunc.load_model(model_uri))
