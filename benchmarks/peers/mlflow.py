"""MLflow's tracking server: https://mlflow.org/docs/latest/genai/tracing/opentelemetry/"""

from __future__ import annotations

from typing import Final

from benchmarks.peers.peer import Peer

__all__ = ["MLFLOW"]

MLFLOW: Final = Peer(
    name="mlflow",
    package="mlflow",
    command=lambda programs, http, _: [
        *(str(programs / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(http)),
        *("--backend-store-uri", "sqlite:///mlflow.db"),
    ],
    environment=lambda _data, _http, _: {"DO_NOT_TRACK": "true"},
    database="mlflow.db",
    ready_path="/health",
    # Traces belong to an experiment; this one is always there.
    headers=("x-mlflow-experiment-id: 0",),
)
