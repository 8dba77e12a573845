"""Arize Phoenix: https://arize.com/docs/phoenix/self-hosting"""

from __future__ import annotations

from typing import Final

from benchmarks.peers.peer import Peer

__all__ = ["PHOENIX"]

PHOENIX: Final = Peer(
    name="phoenix",
    package="arize-phoenix",
    command=lambda programs, _http, _grpc: [str(programs / "phoenix"), "serve"],
    environment=lambda data, http, grpc: {
        "PHOENIX_WORKING_DIR": str(data),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(http),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    },
    database="phoenix.db",
    ready_path="/healthz",
)
