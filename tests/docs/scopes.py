"""The made part of docs/reference/security.md: which operation needs which scope of a bot."""

from __future__ import annotations

from tests.bad_input.scopes import SCOPES
from tests.docs.markdown import code, table

_MEANT = {"person": "no bot may"}


def by_scope() -> str:
    """Every operation that asks for a token, under the scope that it needs."""
    rows = [
        (_MEANT.get(scope) or code(scope), " · ".join(map(code, paths)))
        for scope, paths in SCOPES.items()
    ]
    return table(("scope", "operations"), rows)
