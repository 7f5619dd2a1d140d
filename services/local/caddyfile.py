"""The route table in front of the services, as a Caddyfile; nothing is started here.

The local stack and the compose file use the same one, so a path is added in this module alone.
"""

import sys
from collections.abc import Mapping, Sequence
from http import HTTPStatus

# Which paths belong to which service; `/*` is added to each that is a folder.
ROUTES: Mapping[str, Sequence[str]] = {
    "auth": ("/v1/auth", "/v1/auth/*", "/v1/users", "/v1/users/*", "/.well-known/jwks.json"),
    "history": ("/v1/rooms", "/v1/rooms/*", "/v1/search", "/v1/history/*"),
    "presence": ("/v1/presence", "/v1/presence/*"),
}
SOCKETS = ("/v1/ws", "/v1/gateway/*")
MAX_BODY = "1MB"
# No path of a gateway takes a body. A broken one would count as a failure of the gateway that it
# was on the way to, and hide that gateway from everybody for a while.
NO_BODY = """@chunked header Transfer-Encoding *
error @chunked 400
@sized header_regexp Content-Length [1-9]
error @sized 400
"""

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>Parley</h1>
<p>A self-hosted chat backend. Clients connect to <code>/v1/ws</code> (WebSocket, subprotocol
<code>parley.v1</code>); the HTTP interfaces describe themselves:</p>
<ul>
<li><a href="/v1/auth/openapi.json">/v1/auth/openapi.json</a></li>
<li><a href="/v1/history/openapi.json">/v1/history/openapi.json</a></li>
<li><a href="/v1/presence/openapi.json">/v1/presence/openapi.json</a></li>
</ul>
</html>"""

# Caddy's own errors speak like the services' (RFC 9457, with Parley's codes).
PROBLEMS = (
    (400, "bad_frame", "this path takes no body"),
    (413, "too_large", "the body is larger than 1,000,000 bytes"),
    (404, "not_found", "there is nothing at this path"),
    (503, "unavailable", "the service behind this path can't be reached now"),
)


def render(
    listen: str,
    *,
    services: Mapping[str, str],
    gateways: Mapping[str, str],
    health: str,
    bind: str | None = None,
) -> str:
    """Give the Caddyfile.

    Args:
        listen: the site's address, such as `:8080`.
        services: host:port of each name in ROUTES.
        gateways: host:port of each gateway, and host:port of its private listener.
        health: host:port of a listener of Caddy's own, which finds the right private listener:
            the checks of an upstream can't by themselves go to another port for each.
        bind: the address to listen on, when not on all.
    """
    site = [f"bind {bind}"] if bind else []
    site += ["header -Server", f"request_body {{\n\tmax_size {MAX_BODY}\n}}"]
    site.append(_handle("sockets", SOCKETS, NO_BODY + _gateway_proxy(gateways, health)))
    for name, paths in ROUTES.items():
        site.append(
            _handle(name, paths, _block(f"reverse_proxy {services[name]}", "lb_try_duration 2s"))
        )
    site.append(_handle("page", ("/",), _page()))
    site.append("handle {\n\terror 404\n}")
    site += [_problem(*problem) for problem in PROBLEMS]
    checks = [f"bind {health.rpartition(':')[0]}"]
    checks += [_check(dial, private) for dial, private in gateways.items()]
    checks.append("handle {\n\trespond 503\n}")
    options = "admin off\npersist_config off\nauto_https off\ngrace_period 5s\n" + _block(
        "servers", "timeouts {\n\tread_header 10s\n\tidle 2m\n}"
    )
    return "\n".join(
        [
            _block("", options),
            _block(listen, "\n".join(site)),
            _block("http://:" + health.rpartition(":")[2], "\n".join(checks)),
            "",
        ]
    )


def _block(name: str, body: str) -> str:
    lines = "".join(f"\t{line}\n" if line else "\n" for line in body.split("\n"))
    return f"{name} {{\n{lines}}}".lstrip()


def _handle(name: str, paths: Sequence[str], body: str) -> str:
    return f"@{name} path {' '.join(paths)}\n" + _block(f"handle @{name}", body)


def _gateway_proxy(gateways: Mapping[str, str], health: str) -> str:
    return _block(
        f"reverse_proxy {' '.join(gateways)}",
        "lb_policy least_conn\n"
        # A killed gateway is hidden from new connections until the check has seen it.
        "lb_try_duration 2s\n"
        "fail_duration 2s\n"
        "health_uri /readyz\n"
        f"health_upstream {health}\n"
        "health_headers {\n\tX-Upstream {http.reverse_proxy.active.target_upstream}\n}\n"
        "health_interval 500ms\n"
        "health_timeout 1s\n"
        # The very first check may come before Caddy's own listener is there.
        "health_fails 2\n"
        # Sockets outlive a reload of this file; the gateways end them in their own time.
        "stream_close_delay 5m",
    )


def _check(dial: str, private: str) -> str:
    name = dial.replace(":", "-")
    return f"@{name} header X-Upstream {dial}\n" + _block(
        f"handle @{name}", f"reverse_proxy {private}"
    )


def _page() -> str:
    return f'header Content-Type "text/html; charset=utf-8"\nrespond <<HTML\n{PAGE}\nHTML 200'


def _problem(status: int, code: str, detail: str) -> str:
    causes = "502 503 504" if status == 503 else str(status)
    text = (
        f'{{"type":"about:blank","title":"{HTTPStatus(status).phrase}","status":{status},'
        f'"code":"{code}","detail":"{detail}"}}'
    )
    retry = "header Retry-After 1\n" if status == 503 else ""
    return _block(
        f"handle_errors {causes}",
        f"header -Server\n{retry}"
        f"header Content-Type application/problem+json\nrespond `{text}` {status}",
    )


def for_compose() -> str:
    """Give the Caddyfile of docker-compose.yml: `python -m services.local.caddyfile` prints it."""
    gateways = {f"gateway-{n}:8000": f"gateway-{n}:9000" for n in (1, 2)}
    services = {name: f"{name}:8000" for name in ROUTES}
    made = "# Made by `python -m services.local.caddyfile`; a test holds it to that.\n"
    return made + render(":8080", services=services, gateways=gateways, health="127.0.0.1:8181")


if __name__ == "__main__":
    sys.stdout.write(for_compose())
