"""Configurations of nginx, HAProxy and Traefik that do what our Caddyfile does; none is started.

What each needs to be told: sockets stay open while nothing is said (the gateways ping twice a
minute); what a client says in X-Forwarded-For counts for nothing; a gateway that drains or is gone
is asked no more, and an upgrade that it refused is tried at another one; a reload leaves living
sockets alone. None of them needs stickiness.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.local.caddyfile import ROUTES, SOCKETS, UPLOADS


@dataclass(frozen=True)
class Site:
    """Who is where, as host:port; `gateways` has the private listener of each beside it."""

    listen: str = "0.0.0.0:8080"
    gateways: Mapping[str, str] = field(
        default_factory=lambda: {f"gateway-{n}:8000": f"gateway-{n}:9000" for n in (1, 2)}
    )
    services: Mapping[str, str] = field(
        default_factory=lambda: {name: f"{name}:8000" for name in ROUTES}
    )
    web: str = "web:8080"


MADE: Final = "# Made by `python -m tests.docs`; tried by `make balancers`.\n"


def _paths() -> Iterator[tuple[str, str, bool]]:
    """Whose each path is, and whether it is a folder."""
    for service, patterns in {"gateway": SOCKETS, **ROUTES}.items():
        for pattern in patterns:
            if pattern.endswith("/*"):
                yield service, pattern.removesuffix("*"), True
            else:
                yield service, pattern, False


def nginx(site: Site) -> str:
    """Give nginx.conf."""
    forwarded = (
        "proxy_set_header Host $http_host;",
        # Not $proxy_add_x_forwarded_for, which keeps what the client claims.
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_http_version 1.1;",
    )
    gateways = "\n".join(
        f"    server {dial} max_fails=1 fail_timeout=2s;" for dial in site.gateways
    )
    upstreams = [f"  upstream gateway {{\n    least_conn;\n{gateways}\n  }}"]
    upstreams += [
        f"  upstream {name} {{\n    server {dial};\n  }}"
        for name, dial in (*site.services.items(), ("web", site.web))
    ]
    socket = (
        "proxy_set_header Upgrade $http_upgrade;",
        'proxy_set_header Connection "upgrade";',
        # Longer than two of the gateways' pings.
        "proxy_read_timeout 75s;",
        "proxy_next_upstream error timeout http_503;",
        "proxy_next_upstream_timeout 2s;",
    )
    locations = []
    for service, path, folder in _paths():
        lines: Sequence[str] = socket if service == "gateway" and not folder else ()
        if path in UPLOADS:
            # How long a file may be is for media to say, which reads it as it comes.
            lines = ("client_max_body_size 0;", "proxy_request_buffering off;")
        body = "".join(f"      {line}\n" for line in (*lines, f"proxy_pass http://{service};"))
        # A `proxy_set_header` hides those of the server around it, so they are said here again.
        body = "".join(f"      {line}\n" for line in forwarded) + body
        kind = "" if folder else "= "
        locations.append(f"    location {kind}{path} {{\n{body}    }}")
    body = "".join(f"      {line}\n" for line in (*forwarded, "proxy_pass http://web;"))
    locations.append(f"    location / {{\n{body}    }}")
    return (
        MADE + "worker_processes auto;\n# Two a socket.\nworker_rlimit_nofile 20000;\n"
        "events {\n  worker_connections 9000;\n}\nhttp {\n"
        + "\n".join(upstreams)
        + f"\n  server {{\n    listen {site.listen};\n    client_max_body_size 1m;\n"
        + "\n".join(locations)
        + "\n  }\n}\n"
    )


def haproxy(site: Site) -> str:
    """Give haproxy.cfg."""
    rules = []
    for service, path, folder in _paths():
        match = "path_beg" if folder else "path"
        rules.append(f"  use_backend {service} if {{ {match} {path} }}")
    gateways = [
        # Without on-marked-down: whoever is on a gateway that drains is its to send away.
        f"  server {dial.replace(':', '-')} {dial} check addr {private.rpartition(':')[0]}"
        f" port {private.rpartition(':')[2]} inter 500ms fall 2 rise 1"
        for dial, private in site.gateways.items()
    ]
    backends = [
        "backend gateway\n  balance leastconn\n  option httpchk GET /readyz\n"
        "  retries 3\n  option redispatch 1\n  retry-on conn-failure empty-response 503\n"
        + "\n".join(gateways)
    ]
    backends += [
        f"backend {name}\n  server {name} {dial}"
        for name, dial in (*site.services.items(), ("web", site.web))
    ]
    return (
        MADE + "global\n  # Two open files a socket.\n  maxconn 9000\n"
        "defaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n"
        # Longer than two of the gateways' pings.
        "  timeout tunnel 75s\n"
        f"frontend parley\n  bind {site.listen}\n"
        "  http-request set-header X-Forwarded-For %[src]\n"
        "  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }\n"
        "  http-request set-header X-Forwarded-Proto https if { ssl_fc }\n"
        + "\n".join(rules)
        + "\n  default_backend web\n"
        + "\n".join(backends)
        + "\n"
    )


def traefik(site: Site) -> dict[str, str]:
    """Give traefik.json and dynamic.json: JSON is YAML, which is what Traefik reads."""
    static = {
        "entryPoints": {
            # By default it trusts nobody's X-Forwarded-For, and writes its own.
            "web": {"address": site.listen}
        },
        "providers": {"file": {"filename": "dynamic.yml", "watch": True}},
    }
    private = sorted({address.rpartition(":")[2] for address in site.gateways.values()})
    check: dict[str, Any] = {"path": "/readyz", "interval": "1s", "timeout": "1s"}
    # One port for all: where gateways differ in it, as on one machine, the check must be left out.
    checked = {"healthCheck": check | {"port": int(private[0])}} if len(private) == 1 else {}
    services: dict[str, Any] = {
        "gateway": {
            "loadBalancer": {
                "servers": [{"url": f"http://{dial}"} for dial in site.gateways],
                **checked,
            }
        }
    }
    for name, dial in (*site.services.items(), ("web", site.web)):
        services[name] = {"loadBalancer": {"servers": [{"url": f"http://{dial}"}]}}
    rules: dict[str, list[str]] = {}
    for service, path, folder in _paths():
        rules.setdefault(service, []).append(f"{'PathPrefix' if folder else 'Path'}(`{path}`)")
    routers: dict[str, Any] = {
        service: {"rule": " || ".join(words), "service": service, "priority": 10}
        for service, words in rules.items()
    }
    routers["web"] = {"rule": "PathPrefix(`/`)", "service": "web", "priority": 1}
    # What a gateway refuses or cannot answer is asked again, elsewhere.
    routers["gateway"]["middlewares"] = ["again"]
    middlewares = {"again": {"retry": {"attempts": 3, "initialInterval": "50ms"}}}
    dynamic = {"http": {"routers": routers, "services": services, "middlewares": middlewares}}
    return {"traefik.yml": _text(static), "dynamic.yml": _text(dynamic)}


def _text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return MADE + json.dumps(value, indent=2) + "\n"


def files(site: Site) -> dict[str, str]:
    """Give all of them by their names."""
    return {"nginx.conf": nginx(site), "haproxy.cfg": haproxy(site), **traefik(site)}
