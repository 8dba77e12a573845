"""The parts of a server, built from its settings, without any door open yet."""

from __future__ import annotations

from audittrail.ablation.desk import AblationDesk, EndpointSettings
from audittrail.accounts.service import AccountService
from audittrail.accounts.throttle import LoginThrottle
from audittrail.accounts.tokens import TokenIssuer
from audittrail.api import LiveHub, Services
from audittrail.api.routes.health import StoreCollector
from audittrail.errors import SettingsError
from audittrail.receiver.judged_texts import judged_texts
from audittrail.receiver.pipeline import Pipeline
from audittrail.rules.alerting import Dispatcher
from audittrail.rules.enforcement.constitution import Constitution
from audittrail.rules.enforcement.inspector import Inspector
from audittrail.rules.pricing import Pricer
from audittrail.server.demo.showcase import Showcase
from audittrail.server.settings import Settings, is_loopback
from audittrail.server.version import version
from audittrail.storage.duckdb.database import DuckDBOptions
from audittrail.storage.duckdb.store import DuckDBStore

__all__ = ["build_services"]


def build_services(settings: Settings, *, local: bool = False) -> Services:
    """Open the store and put everything on it.

    Raises SettingsError for settings that cannot be, DatabaseInUse if another process has the
    file. In local mode nobody needs credentials, so it is refused on a host that others reach.
    """
    if local and not is_loopback(settings.host):
        raise SettingsError(
            f"--local needs no login, so it listens on loopback only, not on {settings.host}. "
            "Leave out --host, or leave out --local and create accounts."
        )
    pricer = Pricer(settings.rules_path)
    # In local mode tokens are of no use; the key need not outlive the process.
    key = settings.signing_key()
    idle_ns = round(settings.idle_minutes * 60 * 1e9)
    store = DuckDBStore(
        settings.database_path,
        DuckDBOptions(memory_limit_mib=settings.db_memory_mib),
        max_queued_bytes=settings.max_queue_bytes,
    )
    try:
        accounts = AccountService(
            store.accounts,
            TokenIssuer(key, settings.token_hours * 3600),
            allow_registration=settings.allow_registration,
            allow_demo=settings.demo,
            throttle=LoginThrottle(address=f"{settings.login_attempts_per_minute} per minute"),
        )
        if local:
            accounts.enter_local_mode()
        pipeline = Pipeline(store.writer, pricer, max_in_flight=settings.max_queue_bytes)
        StoreCollector(store.maintenance, pipeline.metrics.registry)
        constitution = Constitution(settings.rules_path, store.accounts)
        dispatcher = Dispatcher(
            store.alerts,
            allow_private=settings.alert_private_hosts or local,
            dashboard_url=settings.dashboard_url,
        )
        inspector = Inspector(
            store, constitution, idle_ns=idle_ns, texts=judged_texts, opened=dispatcher.opened
        )
    except BaseException:
        store.close()
        raise
    live = LiveHub(idle_ns)

    async def export(owner: str, body: bytes) -> None:
        await pipeline.export(owner, "traces", "json", body)

    return Services(
        store=store,
        accounts=accounts,
        pipeline=pipeline,
        pricer=pricer,
        constitution=constitution,
        inspector=inspector,
        dispatcher=dispatcher,
        ablations=AblationDesk(store, pricer, _endpoint(settings), export, live.tell, version()),
        live=live,
        version=version(),
        idle_ns=idle_ns,
        max_message_bytes=settings.max_message_bytes,
        cors_origins=settings.cors_origins,
        local=local,
        demo=Showcase(store, accounts, pricer, live) if settings.demo else None,
    )


def _endpoint(settings: Settings) -> EndpointSettings:
    key = settings.openai_api_key
    return EndpointSettings(
        base_url=settings.openai_base_url or None,
        api_key=key.get_secret_value() or None if key is not None else None,
        allow_private=settings.ablation_private_hosts,
        max_usd=settings.ablation_max_usd,
        max_calls=settings.ablation_max_calls,
    )
