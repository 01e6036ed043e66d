"""The only room that knows MLflow: runs, registry, and the model that serving loads."""

import os

# MLflow reads these when it is imported: nothing of ours reports anywhere.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
