"""Whether the services take the settings they are about to get; what they mean is theirs."""

import importlib
from collections.abc import Mapping
from typing import Final

from services.settings import Env

OWN: Final = frozenset(
    f"PARLEY_{name}"
    for name in (
        "GATEWAY_NAME",
        "HOST",
        "JWKS_URL",
        "MEDIA_FOLDER",
        "NATS_URL",
        "PORT",
        "POSTGRES_URL",
        "PRIVATE_PORT",
        "REDIS_CLUSTER",
        "REDIS_URL",
    )
)
"""What the stack gives each process itself, whatever its own environment says of them."""
_SETTINGS: Final = {
    "auth": "AuthSettings",
    "history": "Settings",
    "presence": "PresenceSettings",
    "media": "Settings",
    "notify": "NotifySettings",
    "gateway": "GatewaySettings",
}
"""By the service whose `settings` module it is in."""
_NEEDED: Final = {"PARLEY_POSTGRES_URL": "postgresql://parley@127.0.0.1:5432/parley"}
"""Of `OWN` what has no default."""


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Give what of the environment reaches the services as it is.

    An empty value counts as not set, as it does for them.
    """
    return {
        name: value
        for name, value in environment.items()
        if value and name.removesuffix("_FILE") not in OWN
    }


def reader(environment: Mapping[str, str]) -> Env:
    """Read the settings of every service; what is wrong is noted in the answer, for its `finish`.

    So a slip is told before anything starts, and not by the first process that ends of it.
    """
    env = Env({**passed_on(environment), **_NEEDED})
    for service, name in _SETTINGS.items():
        # By its name: this package imports no service, and each reads its own.
        kind = getattr(importlib.import_module(f"{service}.settings"), name)
        try:
            kind.read(env)
        except Exception:
            # What is noted already, or follows from it.
            if not env.problems:
                raise
    return env
