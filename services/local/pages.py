"""What a browser is given at `/`, as a part of the Caddyfile: the built client, its headers.

It builds nothing: `build_web.py` does. Where there is no built client a small page says what this
is.
"""

import sys
from pathlib import Path

# In a checkout, and in the image.
BUILT = (
    Path(__file__).resolve().parents[2] / "web" / "dist",
    Path(sys.prefix) / "share" / "parley" / "web",
)

INDEX = "index.html"

# What a page may load and do: its own origin, and nothing written into the page itself. In every
# browser that is kept up `'self'` covers the socket of the same origin
# (https://www.w3.org/TR/CSP3/#match-url-to-source-expression, section on schemes). Files may come
# from a host of their own, which Caddy reads from its environment.
MEDIA_HOST = "{$PARLEY_MEDIA_URL}"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: blob: {MEDIA_HOST}",
        f"media-src 'self' {MEDIA_HOST}",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# A file below /assets/ bears a hash of its content in its name; every other one may change.
FOR_EVER = 'header Cache-Control "public, max-age=31536000, immutable"'
ASK_EACH_TIME = "header Cache-Control no-cache"

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>Parley</h1>
<p>A self-hosted chat backend. Its browser client is not built here: <code>make up</code> in a
checkout does that. Other clients connect to <code>/v1/ws</code> (WebSocket, subprotocol
<code>parley.v1</code> or <code>parley.v1.msgpack</code>); the HTTP interfaces describe
themselves:</p>
<ul>
<li><a href="/v1/auth/openapi.json">/v1/auth/openapi.json</a></li>
<li><a href="/v1/history/openapi.json">/v1/history/openapi.json</a></li>
<li><a href="/v1/presence/openapi.json">/v1/presence/openapi.json</a></li>
<li><a href="/v1/media/openapi.json">/v1/media/openapi.json</a></li>
<li><a href="/v1/notify/openapi.json">/v1/notify/openapi.json</a></li>
</ul>
</html>"""


def built() -> Path | None:
    """Give the folder of the built client, or None where there is none."""
    return next((folder for folder in BUILT if (folder / INDEX).is_file()), None)


def without_client() -> str:
    """Give the directives that answer `/` with the small page."""
    page = f'header Content-Type "text/html; charset=utf-8"\nrespond <<HTML\n{PAGE}\nHTML 200'
    return f"{_headers()}\n" + block("handle /", f"{ASK_EACH_TIME}\n{page}")


def client(folder: str) -> str:
    """Give the directives that serve the built client, to be taken in this order.

    A path that only the client knows, such as a room's, gives the page when a browser goes there
    (it asks for text/html). Every other path is a file or a 404: a program that mistypes a path
    must not get a page for an answer.

    Args:
        folder: where Caddy finds index.html, as an absolute path.
    """
    # Braces would begin a placeholder of Caddy's.
    root = folder.replace('"', '\\"').replace("{", "\\{").replace("}", "\\}")
    asset = "method GET HEAD\npath /assets/*"
    file = f'method GET HEAD\nnot path */\nfile {{\n\troot "{root}"\n}}'
    page = 'method GET HEAD\nexpression `{path} == "/" || {header.Accept}.contains("text/html")`'
    return "\n".join(
        (
            _headers(),
            f'root * "{root}"',
            "encode zstd gzip",
            block("@asset", asset),
            block("handle @asset", f"{FOR_EVER}\nfile_server"),
            block("@file", file),
            block("handle @file", f"{ASK_EACH_TIME}\nfile_server"),
            block("@page", page),
            block("handle @page", f"{ASK_EACH_TIME}\nrewrite * /index.html\nfile_server"),
        )
    )


def block(name: str, body: str) -> str:
    """Give a block of a Caddyfile, its body indented."""
    lines = "".join(f"\t{line}\n" if line else "\n" for line in body.split("\n"))
    return f"{name} {{\n{lines}}}".lstrip()


def _headers() -> str:
    return block("header", "\n".join(f'{name} "{value}"' for name, value in HEADERS.items()))
