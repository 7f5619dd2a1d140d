"""Health: when the process is ready, and what a flood of probes costs."""

import asyncio

import pytest

from services.health import Health, State


async def fine() -> None:
    """A check that passes."""


async def broken() -> None:
    """A check that fails."""
    raise ConnectionError("no route")


async def test_not_ready_while_starting_or_draining() -> None:
    """The state alone decides then, and no check is run."""
    health = Health()
    health.add("broken", broken)
    assert await health.report() == (False, {"state": "starting"})
    health.state = State.DRAINING
    assert await health.report() == (False, {"state": "draining"})


async def test_a_ready_process_names_every_check() -> None:
    """Ready is when all are ok; what failed says why."""
    health = Health(cache_seconds=0)
    health.state = State.READY
    health.add("fine", fine)
    assert await health.report() == (True, {"state": "ok", "fine": "ok"})
    health.add("broken", broken)
    ready, checks = await health.report()
    assert not ready
    assert checks == {"state": "ok", "fine": "ok", "broken": "ConnectionError: no route"}


async def test_a_check_that_hangs_is_cut_off_beside_the_others() -> None:
    """Checks run at the same time and each has its own limit."""
    health = Health(check_seconds=0.2)
    health.state = State.READY
    for number in range(50):
        health.add(f"hang-{number}", asyncio.Event().wait)
    async with asyncio.timeout(8):
        ready, checks = await health.report()
    assert not ready
    assert checks["hang-7"] == "no answer within 0.2 s"


async def test_probes_share_one_round() -> None:
    """Many at once, and many within the second, ask the servers behind once."""
    rounds = 0

    async def counted() -> None:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(0)

    health = Health()
    health.state = State.READY
    health.add("counted", counted)
    await asyncio.gather(*(health.report() for _ in range(50)))
    await health.report()
    assert rounds == 1


async def test_an_old_round_is_not_reused() -> None:
    """After the cache time the checks are asked again."""
    answers = [fine, broken]

    async def changing() -> None:
        await answers.pop(0)()

    health = Health(cache_seconds=0)
    health.state = State.READY
    health.add("changing", changing)
    assert (await health.report())[0]
    assert not (await health.report())[0]


async def test_a_probe_that_gives_up_leaves_the_round_to_the_others() -> None:
    """Cancelling one caller does not fail the report of another."""
    gate = asyncio.Event()
    health = Health()
    health.state = State.READY
    health.add("gate", gate.wait)
    impatient = asyncio.create_task(health.report())
    patient = asyncio.create_task(health.report())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait((impatient,))
    gate.set()
    assert await patient == (True, {"state": "ok", "gate": "ok"})


def test_a_name_is_taken_once() -> None:
    """Two checks of one name, or one called `state`, would hide each other."""
    health = Health()
    health.add("nats", fine)
    for name in ("nats", "state"):
        with pytest.raises(ValueError, match=f"'{name}' exists"):
            health.add(name, fine)
