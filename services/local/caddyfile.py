"""The route table in front of the services, as a Caddyfile; nothing is started here.

The local stack and the compose file use the same one, so a path is added in this module alone.
"""

import sys
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from services.local import pages
from services.local.pages import block

# Which paths belong to which service; `/*` is added to each that is a folder.
ROUTES: Mapping[str, Sequence[str]] = {
    "auth": ("/v1/auth", "/v1/auth/*", "/v1/users", "/v1/users/*", "/.well-known/jwks.json"),
    "history": (
        *("/v1/rooms", "/v1/rooms/*", "/v1/search", "/v1/invites/*", "/v1/hooks/*"),
        *("/v1/settings", "/v1/blocks", "/v1/blocks/*", "/v1/history/*"),
    ),
    "presence": ("/v1/presence", "/v1/presence/*"),
    "media": ("/v1/media", "/v1/media/*", "/v1/emoji", "/v1/emoji/*"),
    "notify": ("/v1/notify/*",),
}
SOCKETS = ("/v1/ws", "/v1/gateway/*")
# What else begins so is nobody's, also where a browser asks for a page.
NOBODYS = ("/v1", "/v1/*", "/.well-known/*")
# Where compose mounts the built client.
WEB = "/srv/web"
MAX_BODY = "1MB"
# How long a file may be is for media to say, which reads it as it comes.
UPLOADS = ("/v1/media",)
# No path of a gateway takes a body. A broken one would count as a failure of the gateway that it
# was on the way to, and hide that gateway from everybody for a while.
NO_BODY = """@chunked header Transfer-Encoding *
error @chunked 400
@sized header_regexp Content-Length [1-9]
error @sized 400
"""

AUTHORITY = "Parley on this machine"
# A browser that once came by HTTPS never goes back to HTTP (RFC 6797). Not under the name
# localhost, where it would hold for every other program on every other port.
STRICT_TRANSPORT = """@elsewhere not host localhost
header @elsewhere Strict-Transport-Security "max-age=31536000\""""

# Caddy's own errors speak like the services' (RFC 9457, with Parley's codes).
PROBLEMS = (
    (400, "bad_frame", "this path takes no body"),
    (413, "too_large", "the body is larger than 1,000,000 bytes"),
    (404, "not_found", "there is nothing at this path"),
    (503, "unavailable", "the service behind this path can't be reached now"),
)


def render(
    port: int,
    *,
    services: Mapping[str, str],
    gateways: Mapping[str, str],
    health: str,
    bind: str | None = None,
    web: str | None = None,
    tls: Sequence[str] = (),
) -> str:
    """Give the Caddyfile.

    Args:
        port: where the site listens.
        services: host:port of each name in ROUTES.
        gateways: host:port of each gateway, and host:port of its private listener.
        health: host:port of a listener of Caddy's own, which finds the right private listener:
            the checks of an upstream can't by themselves go to another port for each.
        bind: the address to listen on, when not on all.
        web: the folder of the built browser client; without one `/` is a small page.
        tls: names to serve by HTTPS, with certificates of Caddy's own authority; without any the
            site is plain HTTP.
    """
    proxies = {
        name: block(f"reverse_proxy {address}", "lb_try_duration 2s")
        for name, address in services.items()
    }
    shown = pages.client(web) if web is not None else pages.without_client()
    site = [f"bind {bind}"] if bind else []
    site += _site(_gateway_proxy(gateways, health), proxies, shown, strict=bool(tls))
    checks = [f"bind {health.rpartition(':')[0]}"]
    checks += [_check(dial, private) for dial, private in gateways.items()]
    checks.append("handle {\n\trespond 503\n}")
    # With names there is one site for them and for every other name, which gets no certificate.
    names = ", ".join(f"https://{name}:{port}" for name in (*tls, "")) if tls else f":{port}"
    return "\n".join(
        [
            block("", _options(f"{bind or ''}:{port}" if tls else None)),
            block(names, "\n".join(site)),
            block("http://:" + health.rpartition(":")[2], "\n".join(checks)),
            "",
        ]
    )


def _site(gateways: str, services: Mapping[str, str], shown: str, *, strict: bool) -> list[str]:
    """Give what is said of every request, whoever the servers behind the paths are."""
    bounded = f"@bounded not path {' '.join(UPLOADS)}\n"
    site = ["header -Server", bounded + block("request_body @bounded", f"max_size {MAX_BODY}")]
    if strict:
        site.append(STRICT_TRANSPORT)
    site.append(_handle("sockets", SOCKETS, NO_BODY + gateways))
    site += [_handle(name, paths, services[name]) for name, paths in ROUTES.items()]
    site.append(_handle("nobodys", NOBODYS, "error 404"))
    site.append(block("handle", block("route", shown + "\nerror 404")))
    return site + [_problem(*problem) for problem in PROBLEMS]


def _options(secure: str | None) -> str:
    """Give the global options; `secure` is the listener that speaks TLS, if there is one."""
    options = "admin off\npersist_config off\ngrace_period 5s\n"
    timeouts = "timeouts {\n\tread_header 10s\n\tidle 2m\n}"
    if secure is None:
        return f"{options}auto_https off\n" + block("servers", timeouts)
    authority = block("pki", block("ca local", f'name "{AUTHORITY}"'))
    # HTTP/1.1 as without TLS: a body by HTTP/2 has no header that NO_BODY could see. Whoever comes
    # by plain HTTP is sent to the same address by HTTPS.
    speaks = "protocols h1\nlistener_wrappers {\n\thttp_redirect\n\ttls\n}\n"
    return (
        f"{options}auto_https disable_redirects\nlocal_certs\nskip_install_trust\n{authority}\n"
        + block(f"servers {secure}", speaks + timeouts)
        + "\n"
        + block("servers", timeouts)
    )


def _handle(name: str, paths: Sequence[str], body: str) -> str:
    return f"@{name} path {' '.join(paths)}\n" + block(f"handle @{name}", body)


def _gateway_proxy(gateways: Mapping[str, str], health: str) -> str:
    return block(
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
    return f"@{name} header X-Upstream {dial}\n" + block(
        f"handle @{name}", f"reverse_proxy {private}"
    )


def _problem(status: int, code: str, detail: str) -> str:
    causes, answer = str(status), _answer(status, code, detail)
    if status == 503:
        causes = "502 503 504"
        # Caddy calls it the service's fault when it cannot read on in the client's body.
        torn = _answer(400, "bad_frame", "the body is torn: its chunks are malformed")
        answer = "\n".join(
            [
                '@torn `{err.message}.contains("chunk")`',
                block("handle @torn", torn),
                block("handle", "header Retry-After 1\n" + answer),
            ]
        )
    return block(
        f"handle_errors {causes}",
        # Set anew: what was meant for the page or file that is not there would stay.
        "header -Server\n"
        "header Content-Type application/problem+json\n"
        "header Cache-Control no-store\n"
        f"header X-Content-Type-Options nosniff\n{answer}",
    )


def _answer(status: int, code: str, detail: str) -> str:
    text = (
        f'{{"type":"about:blank","title":"{HTTPStatus(status).phrase}","status":{status},'
        f'"code":"{code}","detail":"{detail}"}}'
    )
    return f"respond `{text}` {status}"


def for_compose() -> str:
    """Give the Caddyfile of docker-compose.yml: `python -m services.local.caddyfile` prints it.

    Replicas are found by the name of their service, however many there are. A name that the world
    knows gets its certificate by ACME; localhost and bare addresses from Caddy's own authority.
    """
    made = "# Made by `python -m services.local.caddyfile`; a test holds it to that.\n"
    authority = block("pki", block("ca local", f'name "{AUTHORITY}"'))
    timeouts = block("timeouts", "read_header 10s\nidle 2m")
    options = "\n".join(
        (
            "admin off\npersist_config off\ngrace_period 5s\nskip_install_trust",
            authority,
            block("servers", f"protocols h1\n{timeouts}"),
        )
    )
    # A gateway that drains, or is full, says 503 to an upgrade, which another one takes: it is
    # asked no more for a while, and the client never hears of it. It is found so because replicas
    # that come and go cannot be watched by checks of their own.
    another = block("lb_retry_match", "expression `{rp.status_code} == 503`")
    gateways = _replicas(
        "gateway",
        f"lb_policy least_conn\n{another}\nfail_duration 2s\nunhealthy_status 503\n"
        "stream_close_delay 5m",
    )
    services = {name: _replicas(name, "lb_policy round_robin\nfail_duration 2s") for name in ROUTES}
    site = "\n".join(_site(gateways, services, pages.client(WEB), strict=True))
    alive = block("http://:8181", "bind 127.0.0.1\nrespond 200")
    return "\n".join(
        (made + block("", options), block("{$PARLEY_HOSTNAME:localhost}", site), alive, "")
    )


def _replicas(name: str, options: str) -> str:
    """Give a proxy to every container that has a service's name now."""
    # Names of containers that are gone go from Docker's name server at once.
    found = block(f"dynamic a {name} 8000", "refresh 1s")
    # An address that was a container's a moment ago answers with nothing: another is asked in time.
    soon = block("transport http", "dial_timeout 500ms")
    return block("reverse_proxy", f"{found}\nlb_try_duration 2s\n{options}\n{soon}")


def for_pages() -> str:
    """Give the Caddyfile of k8s/base/web: the browser client alone; paths are the ingress's.

    `python -m services.local.caddyfile web` prints it.
    """
    options = "admin off\npersist_config off\ngrace_period 5s\nauto_https off"
    shown = block("handle", block("route", pages.client(WEB) + "\nerror 404"))
    nobodys = _handle("nobodys", NOBODYS, "error 404")
    site = ["header -Server", nobodys, shown, *(_problem(*one) for one in PROBLEMS[2:3])]
    made = "# Made by `python -m services.local.caddyfile web`; a test holds it to that.\n"
    return "\n".join((made + block("", options), block(":8080", "\n".join(site)), ""))


if __name__ == "__main__":
    sys.stdout.write(for_pages() if sys.argv[1:] == ["web"] else for_compose())
