"""Does to the stack what a schedule says, and undoes it; it does not look at the people."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence

from tests.faults import truth_nats
from tests.faults.cluster import Cluster
from tests.faults.crowd import now_ms
from tests.faults.record import Fault
from tests.faults.schedule import Step

LEADER_SECONDS = 30.0
"""How long a leader is looked for: there is none while one is elected."""
Tell = Callable[[str], None]


class Doer:
    """Faults one at a time. `recovered` is awaited after each and says when all is well again."""

    def __init__(
        self, cluster: Cluster, recovered: Callable[[], Awaitable[None]], tell: Tell
    ) -> None:
        """Nothing is done yet."""
        self._cluster = cluster
        self._recovered = recovered
        self._tell = tell
        self.done: list[Fault] = []
        self.recovery_ms: list[int] = []
        """After each fault: from its end until everything was as before."""

    async def run(self, steps: Sequence[Step]) -> None:
        """Do everything, in order.

        Raises:
            TimeoutError: the stack did not recover.
        """
        for number, step in enumerate(steps, 1):
            await asyncio.sleep(step.pause_seconds)
            target = await self._target(step.target)
            began = now_ms()
            await self._do(step, target)
            ended = now_ms()
            self.done.append(Fault(kind=step.kind, target=target, began_ms=began, ended_ms=ended))
            await self._recovered()
            took = now_ms() - ended
            self.recovery_ms.append(took)
            lasted = f" for {step.seconds:.1f} s" if step.seconds else ""
            what = f"{step.kind} {target}{lasted}"
            self._tell(f"{number:>3}/{len(steps)} {what:<34} all back after {took / 1000:.1f} s")

    async def _target(self, name: str) -> str:
        """The process meant by a name that depends on how things stand."""
        if name not in ("nats-leader", "nats-follower"):
            return name
        async with asyncio.timeout(LEADER_SECONDS):
            while not (leads := await truth_nats.leader(self._cluster.nats_urls)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        if name == "nats-leader":
            return leads
        return next(node for node in self._cluster.names("nats") if node != leads)

    async def _do(self, step: Step, target: str) -> None:
        cluster = self._cluster
        if step.kind in ("kill", "term"):
            old = cluster.kill(target) if step.kind == "kill" else cluster.end(target)
            await cluster.started_again(target, old)
        elif step.kind == "freeze":
            cluster.kill(target, signal.SIGSTOP)
            try:
                await asyncio.sleep(step.seconds)
            finally:
                cluster.kill(target, signal.SIGCONT)
        elif step.kind == "sever":
            cluster.wires[target].sever()
        else:
            await self._wire(step, target)

    async def _wire(self, step: Step, target: str) -> None:
        wire = self._cluster.wires[target]
        try:
            if step.kind == "cut":
                wire.cut()
            elif step.kind == "silence":
                wire.silence()
            else:
                wire.slow(0.05)
            await asyncio.sleep(step.seconds)
        finally:
            wire.mend()
