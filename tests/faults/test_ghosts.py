"""The checker finds whoever is shown as here who is not, and the other way round."""

from __future__ import annotations

import pytest

from tests.faults.checker import Kind, check
from tests.faults.record import Run, Sight

HERE = {"ada": 2, "bob": 0}


def _run(*sights: tuple[str, str, str], sockets: dict[str, int] | None = None) -> Run:
    return Run(
        seed=1,
        faults=[],
        sendings=[],
        holdings=[],
        stored={},
        logged={},
        sockets=HERE if sockets is None else sockets,
        sights=[Sight(client=c, user=u, status=s) for c, u, s in sights],
    )


def test_what_is_so_is_no_violation() -> None:
    """Any status but offline is here; who looked at nobody says nothing."""
    assert check(_run()) == []
    assert check(_run(("p0", "ada", "dnd"), ("p0", "bob", "offline"))) == []


@pytest.mark.parametrize(
    ("sights", "what"),
    [
        ((("p0", "ada", "online"), ("p0", "bob", "idle")), "bob as idle, who has no socket"),
        ((("p0", "ada", "offline"), ("p0", "bob", "offline")), "ada as away, who has 2 sockets"),
        ((("p0", "ada", "online"),), "nothing of bob"),
        (
            (("p0", "ada", "online"), ("p0", "bob", "offline"), ("HTTP", "bob", "online")),
            "HTTP is shown bob as online",
        ),
        ((("p0", "ada", "online"), ("p0", "bob", "offline"), ("p0", "cid", "online")), "cid as"),
    ],
)
def test_who_is_shown_otherwise_is_found(
    sights: tuple[tuple[str, str, str], ...], what: str
) -> None:
    """To any one of those who look, and with the one who saw it."""
    found = check(_run(*sights))
    assert any(what in one.what for one in found)
    assert {one.kind for one in found} == {Kind.GHOST}
    assert all(one.client in ("p0", "HTTP") for one in found)
