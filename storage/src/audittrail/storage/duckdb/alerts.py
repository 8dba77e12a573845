"""Webhooks and deliveries in the DuckDB file."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import duckdb

from audittrail.storage.alerts import Delivery, Webhook
from audittrail.storage.duckdb.database import Database
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.duckdb.writer import DuckDBWriter

__all__ = ["DuckDBAlerts"]

_ADD_WEBHOOK: Final = """
INSERT INTO webhooks BY NAME SELECT $owner AS owner, $id AS id, $url AS url, $form AS form,
    $secret AS secret, $least_severity AS least_severity, $rule_ids AS rule_ids,
    $enabled AS enabled, $created_ns AS created_ns
"""
_WEBHOOKS: Final = f"""
SELECT {", ".join(Webhook._fields)} FROM webhooks WHERE owner = $owner ORDER BY created_ns, id
"""  # noqa: S608 - our own columns
_ENABLE: Final = """
UPDATE webhooks SET enabled = $enabled WHERE owner = $owner AND id = $id RETURNING id
"""
_DELETE: Final = "DELETE FROM webhooks WHERE owner = $owner AND id = $id RETURNING id"
_DELETE_DELIVERIES: Final = "DELETE FROM deliveries WHERE owner = $owner AND webhook_id = $id"
_ADD_DELIVERY: Final = f"""
INSERT INTO deliveries ({", ".join(Delivery._fields)})
VALUES ({", ".join(f"${name}" for name in Delivery._fields)})
"""  # noqa: S608
_DUE: Final = f"""
SELECT {", ".join(Delivery._fields)} FROM deliveries
QUALIFY row_number() OVER (PARTITION BY owner, id ORDER BY attempt DESC) = 1
    AND state = 'pending' AND next_ns <= $now
ORDER BY next_ns LIMIT $limit
"""  # noqa: S608
_DELIVERIES: Final = f"""
SELECT {", ".join(Delivery._fields)} FROM deliveries
WHERE owner = $owner AND webhook_id = $id ORDER BY at_ns DESC, attempt DESC LIMIT $limit
"""  # noqa: S608
_TOLD: Final = """
SELECT DISTINCT topic FROM deliveries
WHERE owner = $owner AND webhook_id = $id
  AND topic IN (SELECT unnest(from_json($topics, '["VARCHAR"]')))
"""


class DuckDBAlerts:
    """See ``alerts.AlertStore``. Changes go through the writer."""

    def __init__(self, database: Database, writer: DuckDBWriter) -> None:
        self._database = database
        self._writer = writer

    def add_webhook(self, webhook: Webhook) -> None:
        rule_ids = json.dumps(list(webhook.rule_ids))
        self._change(_ADD_WEBHOOK, {**webhook._asdict(), "rule_ids": rule_ids})

    def list_webhooks(self, owner: str) -> Sequence[Webhook]:
        rows = self._rows(_WEBHOOKS, owner=owner)
        found = [Webhook._make(row) for row in rows]
        return [each._replace(rule_ids=tuple(json.loads(str(each.rule_ids)))) for each in found]

    def enable_webhook(self, owner: str, webhook_id: str, enabled: bool) -> bool:
        return bool(self._change(_ENABLE, {"owner": owner, "id": webhook_id, "enabled": enabled}))

    def delete_webhook(self, owner: str, webhook_id: str) -> bool:
        which = {"owner": owner, "id": webhook_id}

        def delete(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> bool:
            cursor.execute(_DELETE_DELIVERIES, which)
            return bool(cursor.execute(_DELETE, which).fetchall())

        return self._writer.execute(delete).result()

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        def add(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            for each in deliveries:
                cursor.execute(_ADD_DELIVERY, each._asdict())

        self._writer.execute(add).result()

    def due(self, now_ns: int, limit: int) -> Sequence[Delivery]:
        return [Delivery._make(row) for row in self._rows(_DUE, now=now_ns, limit=limit)]

    def list_deliveries(self, owner: str, webhook_id: str, limit: int) -> Sequence[Delivery]:
        rows = self._rows(_DELIVERIES, owner=owner, id=webhook_id, limit=limit)
        return [Delivery._make(row) for row in rows]

    def told(self, owner: str, webhook_id: str, topics: Collection[str]) -> set[str]:
        rows = self._rows(_TOLD, owner=owner, id=webhook_id, topics=json.dumps(sorted(topics)))
        return {topic for (topic,) in rows}

    def _change(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        def change(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> list[Any]:
            return cursor.execute(sql, dict(values)).fetchall()

        return self._writer.execute(change).result()

    def _rows(self, sql: str, **values: Any) -> list[Any]:
        with self._database.cursor() as cursor:
            return cursor.execute(sql, values).fetchall()
