"""What a browser gets at `/`, from a real Caddy: the built client, its headers, and HTTPS."""

import asyncio
import json
import re
import ssl
from pathlib import Path

import pytest

from services.local import pages, ports
from tests.services.local.test_caddyfile import Answer, Front

pytestmark = pytest.mark.servers

SCRIPT = "console.log(1);\n" * 400
BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Give a built client, in a path that needs quoting everywhere."""
    web = tmp_path / 'a {path} "of" $one'
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>client</title>")
    (web / "favicon.svg").write_text("<svg/>")
    (web / "assets" / "index-CHSlJwTY.js").write_text(SCRIPT)
    return web


@pytest.fixture
def front(tmp_path: Path, web: Path) -> Front:
    """Give a front with a built client, not yet running."""
    return Front(tmp_path, web=web)


def is_page(answer: Answer) -> bool:
    """Whether it is the client's page, as a page has to be sent."""
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.status == 200 and "<title>client</title>" in answer.body


def is_nothing(answer: Answer) -> bool:
    """Whether it is a problem that nobody keeps."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status == 404 and json.loads(answer.body)["code"] == "not_found"


async def test_the_client_is_at_the_root_and_wherever_a_browser_goes(front: Front) -> None:
    """A reload in a room finds the page again; whatever program asks, `/` is the page."""
    async with front.running():
        assert is_page(await front.get("/"))
        for path in ("/", "/rooms/abc", "/rooms/abc/", "/index.html", "/x.y?q=1"):
            assert is_page(await front.get(path, BROWSER)), path


async def test_no_program_is_given_a_page_for_an_answer(front: Front) -> None:
    """Unknown paths of the interface, missing assets and other methods are problems."""
    async with front.running():
        for path in ("/v1", "/v1/nothing", "/.well-known/x", "/assets/old-12345678.js", "/assets/"):
            assert is_nothing(await front.get(path, BROWSER)), path
        assert is_nothing(await front.get("/rooms/abc"))
        for path in ("/", "/rooms/abc", "/assets/index-CHSlJwTY.js"):
            assert is_nothing(await front.get(path, BROWSER, method="POST")), path


async def test_what_bears_its_hash_is_kept_and_the_rest_is_asked_for_again(front: Front) -> None:
    """So an upgrade is seen at the next load, which costs a 304 while there is none."""
    async with front.running():
        script = await front.get("/assets/index-CHSlJwTY.js")
        assert script.body == SCRIPT
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        for path in ("/", "/favicon.svg"):
            answer = await front.get(path)
            assert answer.headers["cache-control"] == "no-cache"
            again = await front.get(path, f"If-None-Match: {answer.headers['etag']}")
            assert (again.status, again.body) == (304, "")


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_scripts_are_compressed(front: Front, coding: str) -> None:
    """As the browser can take it."""
    async with front.running():
        answer = await front.get("/assets/index-CHSlJwTY.js", f"Accept-Encoding: {coding}")
    assert answer.headers["content-encoding"] == coding
    assert len(answer.body) < len(SCRIPT) / 5


async def test_nothing_outside_the_folder_is_served(front: Front, web: Path) -> None:
    """However the path is written."""
    (web.parent / "secret").write_text("secret")
    async with front.running():
        for path in ("/../secret", "/%2e%2e/secret", "/assets/../../secret", "/..%2fsecret"):
            answer = await front.get(path)
            assert answer.status in (400, 404), path
            assert "secret" not in answer.body.replace("/secret", "")


@pytest.mark.parametrize("path", ["/", "/rooms/abc", "/favicon.svg", "/assets/index-CHSlJwTY.js"])
async def test_pages_have_the_headers_of_a_careful_site(front: Front, path: str) -> None:
    """No script, style, frame or origin but its own; no plain text of where one was."""
    async with front.running():
        answer = await front.get(path, BROWSER)
    for name, value in pages.HEADERS.items():
        assert answer.headers[name.lower()] == value.replace(pages.MEDIA_HOST, "")
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_the_policy_allows_nothing_written_into_the_page() -> None:
    """Injected text is text: no inline script or style, no eval, nobody else's origin."""
    policy = pages.CONTENT_SECURITY_POLICY
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|\*|https?:|wss?:|nonce", policy)


async def test_interfaces_keep_their_own_headers(front: Front) -> None:
    """What services say is passed on, and no policy of pages is put over it."""
    async with front.running():
        answer = await front.get("/v1/auth/me")
    assert answer.name == "auth"
    assert not {"content-security-policy", "cache-control"}.intersection(answer.headers)


async def test_without_a_built_client_the_page_says_so(tmp_path: Path) -> None:
    """With the same headers; a path of the client is then nothing."""
    front = Front(tmp_path)
    async with front.running():
        answer = await front.get("/", BROWSER)
        assert "not built here" in answer.body
        policy = pages.CONTENT_SECURITY_POLICY.replace(pages.MEDIA_HOST, "")
        assert answer.headers["content-security-policy"] == policy
        assert is_nothing(await front.get("/rooms/abc", BROWSER))


def test_a_client_is_built_when_its_page_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty folder, as of an interrupted build, is none."""
    first, second = tmp_path / "1", tmp_path / "2"
    monkeypatch.setattr(pages, "BUILT", (first, second))
    for folder in (second, first):
        folder.mkdir()
        before = pages.built()
        assert before in (None, second)
        (folder / "index.html").touch()
        assert pages.built() == folder


async def test_https_with_an_authority_of_its_own(tmp_path: Path, web: Path) -> None:
    """Who trusts it is served, and told to come by HTTPS for a year; services learn of it."""
    front = Front(tmp_path, web=web, tls=True)
    async with front.running():
        answer = await front.get("/", BROWSER)
        assert is_page(answer)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        missing = await front.get("/assets/old.js")
        assert is_nothing(missing)
        assert missing.headers["strict-transport-security"] == "max-age=31536000"
        told = await front.get("/v1/auth/me", "X-Forwarded-Proto: http")
        assert "x-forwarded-proto: https\\r" in told.body


async def test_localhost_is_not_bound_to_https(tmp_path: Path, web: Path) -> None:
    """It would be, on every port, for every other program of a developer."""
    front = Front(tmp_path, web=web, tls=True)
    async with front.running():
        tls = ssl.create_default_context(cafile=front.ca)
        answer = await front.ask(
            "GET / HTTP/1.1", f"Host: localhost:{front.port}", "Connection: close", tls=tls
        )
    assert is_page(answer)
    assert "strict-transport-security" not in answer.headers


async def test_only_its_own_authority_vouches_for_it(tmp_path: Path, web: Path) -> None:
    """Neither the machine's nor another Parley's; and for no name that it was not given."""
    front = Front(tmp_path, web=web, tls=True)
    other = Front(tmp_path / "other", web=web, tls=True)
    (tmp_path / "other").mkdir()
    async with front.running(), other.running():
        for ca in (None, other.ca):
            tls = ssl.create_default_context(cafile=ca)
            with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
                await front.ask("GET / HTTP/1.1", tls=tls)
        tls = ssl.create_default_context(cafile=front.ca)
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection(
                ports.HOST, front.port, ssl=tls, server_hostname="chat.example"
            )


async def test_plain_http_is_sent_to_https(tmp_path: Path, web: Path) -> None:
    """On the same port, at once, without serving anything."""
    front = Front(tmp_path, web=web, tls=True)
    async with front.running():
        answer = await front.ask(
            "GET /rooms/abc HTTP/1.1", f"Host: 127.0.0.1:{front.port}", "Connection: close"
        )
    assert answer.status == 308
    assert answer.headers["location"] == f"https://127.0.0.1:{front.port}/rooms/abc"
