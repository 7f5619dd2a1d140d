"""How the canary is put together: a round every so often, and figures on the private port."""

from __future__ import annotations

import asyncio
from typing import Final

from parley_sdk import ParleyError

from services import logs_structlog
from services.health import Health
from services.http import create_private_app
from services.lifecycle import Service
from services.metrics_prometheus import Metrics
from services.server_uvicorn import HttpServer
from services.settings import Env
from services.worker import Worker
from verify.metrics import VerifyMetrics
from verify.people import signed_in
from verify.settings import VerifySettings
from verify.talk import Plan, talk

NAME: Final = "verify"
PLAN: Final = Plan(messages=20, cuts=2)
"""A canary is heard, not felt: a second of talk a minute."""
_log = logs_structlog.get_logger()


def build(env: Env) -> Service:
    """Make the service from its settings; nothing is started yet."""
    settings = VerifySettings.read(env)
    metrics, health = Metrics(NAME), Health()
    canary = Canary(settings, VerifyMetrics(metrics))
    private = create_private_app(health, metrics)
    return Service(
        NAME,
        [
            HttpServer(private, settings.host, settings.private_port, name="probes"),
            Worker("canary", canary.run),
        ],
        health=health,
        drain_seconds=0.0,
    )


class Canary:
    """Talks again and again; what goes wrong is counted and logged, and ends nothing."""

    def __init__(self, settings: VerifySettings, metrics: VerifyMetrics) -> None:
        self._settings = settings
        self._metrics = metrics

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(self._settings.every_seconds)

    async def round(self) -> None:
        """Talk once."""
        url = self._settings.url
        try:
            async with signed_in(url, self._settings.accounts) as people:
                verdict = await talk(url, people, PLAN)
        except (ParleyError, TimeoutError, OSError) as error:
            self._metrics.failed()
            _log.warning("round failed", error=f"{type(error).__name__}: {error}")
            return
        self._metrics.judged(verdict)
        report = _log.info if verdict.kept else _log.error
        report(
            "round",
            kept=verdict.kept,
            acknowledged=verdict.acknowledged,
            lost=verdict.lost,
            doubled=verdict.doubled,
            disordered=verdict.disordered,
            gaps=verdict.gaps,
        )
