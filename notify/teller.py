"""Tells people what concerns them: their living sockets now, or their browsers by a push message.

Exactly one device makes a sound. Whoever sits at one of their connections is told there. Of whoever
does not, and whose browsers may be pushed to, the browser most lately used; of anybody else the
liveliest connection there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from notify import device
from notify.asker import Asker
from notify.decision import Notice
from notify.metrics import NotifyMetrics
from notify.pushing import Pushing
from proto import subjects, wire
from proto.audience import AudienceReply
from proto.calls import Lease
from proto.passing import Notified
from services import clock, logs_structlog
from services.bus_nats import Bus
from services.problem import Unavailable

_log = logs_structlog.get_logger()


class Teller:
    """Sockets are told now or never: whoever comes later finds it unread."""

    def __init__(self, bus: Bus, asker: Asker, pushing: Pushing, metrics: NotifyMetrics) -> None:
        self._bus = bus
        self._asker = asker
        self._pushing = pushing
        self._metrics = metrics

    async def tell(self, notices: Sequence[Notice], audience: AudienceReply) -> None:
        """Tell those whom it concerns. Without presence, or without Postgres, more devices than one
        may make a sound: better twice than never.

        Raises:
            BusError: NATS is away.
        """
        if not notices:
            return
        leases = await self._leases([notice.user for notice in notices])
        away = []
        for notice in notices:
            if leases is None:
                self._publish(notice, None)
                self._metrics.told("unknown")
                away.append(notice)
                continue
            choice = device.choose(leases[notice.user])
            if choice.quiet:
                self._metrics.told("quiet")
            elif choice.active:
                self._publish(notice, choice.session)
                self._metrics.told("told")
            else:
                away.append(notice)
        if away:
            await self._tell_away(away, audience, leases)

    async def _tell_away(
        self,
        notices: Sequence[Notice],
        audience: AudienceReply,
        leases: Mapping[str, list[Lease]] | None,
    ) -> None:
        browsers = await self._browsers([notice.user for notice in notices])
        unread = await self._unread(list(browsers))
        for notice in notices:
            found = browsers.get(notice.user)
            if found:
                await self._pushing.push(notice, audience, found, unread.get(notice.user))
                self._metrics.told("pushed")
            if leases is None:
                continue
            choice = device.choose(leases[notice.user])
            if choice.session:
                self._publish(notice, "" if found else choice.session)
            if not found:
                self._metrics.told("told" if choice.session else "absent")

    async def _leases(self, users: Sequence[str]) -> Mapping[str, list[Lease]] | None:
        try:
            return await self._asker.connections(users)
        except Unavailable as error:
            _log.warning("who is here is not known", error=str(error))
            return None

    async def _unread(self, users: Sequence[str]) -> Mapping[str, int]:
        try:
            return await self._asker.badges(users)
        except Unavailable as error:
            _log.warning("what is unread is not known", error=str(error))
            return {}

    async def _browsers(self, users: Sequence[str]) -> dict[str, list[UUID]]:
        try:
            return await self._pushing.browsers(users)
        except Unavailable as error:
            _log.warning("who may be pushed to is not known", error=str(error))
            return {}

    def _publish(self, notice: Notice, session: str | None) -> None:
        said = notice.said
        word = Notified(notice.kind, said.room, said.seq, session)
        self._bus.publish(subjects.user_passing(notice.user), wire.encode(word))
        self._metrics.notice(notice.kind)
        self._metrics.late(max(0, clock.now_ms() - said.ts) / 1000)
