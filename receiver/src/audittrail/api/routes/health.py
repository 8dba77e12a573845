"""Health, readiness and the server's own metrics."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from starlette.responses import JSONResponse, Response

from audittrail.api.dependencies import ServicesDep
from audittrail.storage import Maintenance

__all__ = ["StoreCollector", "router"]

router = APIRouter(tags=["health"])


@router.get("/api/v1/health", summary="Is the server alive?")
def health(services: ServicesDep) -> Response:
    """503 if the database does not answer."""
    status = services.store.maintenance.status()
    body = {
        "status": "ok" if status.connected else "error",
        "version": services.version,
        "db_connected": status.connected,
        "db_engine": f"{status.engine} {status.engine_version}",
        "schema_version": status.schema_version,
        "local_mode": services.local,
    }
    return JSONResponse(body, 200 if status.connected else 503)


@router.get("/api/v1/ready", summary="Can it take spans now?")
def ready(services: ServicesDep) -> Response:
    """503, with the reason, while the store cannot write."""
    status = services.store.maintenance.status()
    problem = status.last_error or (None if status.connected else "the database does not answer")
    body = {"ready": problem is None, "reason": problem, "queued_rows": status.queued_rows}
    return JSONResponse(body, 200 if problem is None else 503)


@router.get("/metrics", summary="Prometheus metrics of the server")
def metrics(services: ServicesDep) -> Response:
    registry = services.pipeline.metrics.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class StoreCollector:
    """The store's state as gauges, read when they are asked for."""

    def __init__(self, maintenance: Maintenance, registry: CollectorRegistry) -> None:
        self._maintenance = maintenance
        registry.register(self)

    def collect(self) -> list[GaugeMetricFamily]:
        status = self._maintenance.status()
        values = {
            "audittrail_store_up": ("1 if the database answers.", float(status.connected)),
            "audittrail_store_file_bytes": ("Size of the database file.", status.file_bytes),
            "audittrail_store_wal_bytes": ("Size of the write-ahead log.", status.wal_bytes),
            "audittrail_store_queued_rows": ("Rows that wait to be stored.", status.queued_rows),
            "audittrail_store_queued_bytes": ("Memory they hold.", status.queued_bytes),
            "audittrail_store_last_seq": ("Number of the last stored row.", status.last_seq),
        }
        return [GaugeMetricFamily(name, text, value) for name, (text, value) in values.items()]
