"""Which icon of a page is asked for, whatever the page says of icons."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import icon
from media.icon import Icon
from services import outbound
from services.outbound import URL_CHARACTERS

PAGE = "https://a.example/b/c?d=e"
REST = "https://a.example/favicon.ico"


def best(*links: Mapping[str, str], base: str = "", page: str = PAGE) -> str:
    """Where the icon of a page with these links is."""
    found = [icon.read(said) for said in links]
    return icon.address(page, base, [one for one in found if one is not None])


def link(href: str, sizes: str = "", rel: str = "icon", **more: str) -> dict[str, str]:
    """The attributes of a `link`."""
    return {"rel": rel, "href": href, "sizes": sizes, **more}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"rel": "icon", "href": "a.png"}, Icon("a.png", 0, touch=False)),
        ({"rel": "Shortcut ICON", "href": " a.ico\n"}, Icon("a.ico", 0, touch=False)),
        ({"rel": "alternate icon", "href": "a"}, Icon("a", 0, touch=False)),
        ({"rel": "apple-touch-icon", "href": "a"}, Icon("a", 0, touch=True)),
        ({"rel": "apple-touch-icon-precomposed", "href": "a"}, Icon("a", 0, touch=True)),
        # Of several sizes the one that will be used; of what is none, nothing.
        (link("a", "16x16 48X48 32x32 256x256"), Icon("a", 32, touch=False)),
        (link("a", "16x16 24x24"), Icon("a", 24, touch=False)),
        (link("a", "any"), Icon("a", 0, touch=False)),
        (link("a", "x 16 -1x3 1000000x1 16x\u0661\u0666 0x0"), Icon("a", 0, touch=False)),
        (link("a", type="image/x-icon; charset=binary"), Icon("a", 0, touch=False)),
        (link("a.svg", type="image/png"), Icon("a.svg", 0, touch=False)),
        (link("a", media="(prefers-color-scheme: light)"), Icon("a", 0, touch=False)),
        # No icon, none that is painted, none that is seen.
        ({}, None),
        ({"rel": "icon"}, None),
        ({"rel": "icon", "href": " "}, None),
        ({"rel": "stylesheet", "href": "a"}, None),
        ({"rel": "mask-icon", "href": "a"}, None),
        (link("a", type="image/svg+xml"), None),
        (link("a.SVG?v=1#b.png"), None),
        (link("a", media="(prefers-color-scheme:dark)"), None),
        (link("data:image/png;base64," + "A" * URL_CHARACTERS), None),
    ],
)  # fmt: skip
def test_what_a_link_says(said: Mapping[str, str], expected: Icon | None) -> None:
    """By its words alone; a picture that tells of its size is told from one that does not."""
    assert icon.read(said) == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([], REST),
        ([link("x.png")], "https://a.example/b/x.png"),
        ([link("/x"), link("/y")], "https://a.example/x"),
        ([link("/16", "16x16"), link("/x"), link("/64", "64x64")], "https://a.example/64"),
        ([link("/64", "64x64"), link("/32", "32x32"), link("/t", "32x32", "apple-touch-icon")],
         "https://a.example/32"),
        ([link("/t", rel="apple-touch-icon"), link("/x")], "https://a.example/x"),
        ([link("/t", rel="apple-touch-icon"), link("/57", "57x57", "apple-touch-icon")],
         "https://a.example/57"),
        ([link("/16", "16x16"), link("/24", "24x24")], "https://a.example/24"),
        ([link("/16", "16x16"), link("/t", rel="apple-touch-icon")], "https://a.example/t"),
        ([link("//cdn.example/x")], "https://cdn.example/x"),
        ([link("HTTPS://CDN.example:443/x#y")], "https://cdn.example/x"),
        # Whatever is not asked for over the net, or less safely than the page was.
        ([link("data:image/png;base64,AAAA")], REST),
        ([link("data:,"), link("/x", "16x16")], "https://a.example/x"),
        ([link("javascript:alert(1)"), link("file:///etc/passwd"), link("ftp://a/x")], REST),
        ([link("http://a.example/x")], REST),
        ([link("https://user:word@a.example/x")], REST),
        ([link("https://[/x"), link("//a b/x"), link("https://a.example:99999/x")], REST),
    ],
)  # fmt: skip
def test_the_best_one_is_asked_for(links: list[Mapping[str, str]], expected: str) -> None:
    """One that need not be made larger, and one for pages; where none will do, the site's."""
    assert best(*links) == expected


def test_what_an_address_is_relative_to() -> None:
    """To the page, or what the page says; of a page without TLS one without may be."""
    assert best(link("x"), base="/c/") == "https://a.example/c/x"
    assert best(link("x"), base="https://b.example/c/d") == "https://b.example/c/x"
    assert best(link("x"), base="https://[") == REST
    assert best(link("x"), base="http://b.example/") == REST
    page = "http://a.example:8080/b"
    assert best(link("http://b.example/x"), page=page) == "http://b.example/x"
    assert best(link("https://b.example/x"), page=page) == "https://b.example/x"
    assert best(page=page) == "http://a.example:8080/favicon.ico"


def test_where_a_picture_is() -> None:
    """As with icons; but where none will do there is none."""
    assert icon.joined(PAGE, "", " x.jpg?y\n") == "https://a.example/b/x.jpg?y"
    assert icon.joined(PAGE, "/c/", "x.jpg") == "https://a.example/c/x.jpg"
    for href in ("data:image/png;base64,AAAA", "http://a.example/x", "//a b/x", "https://["):
        assert icon.joined(PAGE, "", href) is None


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "rel": st.sampled_from(["icon", "apple-touch-icon"]),
                "href": st.text("abc:/?#[]@.%\\\n \0\u202eé0", max_size=12),
                "sizes": st.text("0123456789x any", max_size=12),
            }
        ),
        max_size=8,
    ),
    st.text("abc:/?#[]@.%\\ 0", max_size=12),
)
def test_no_page_is_too_strange(links: list[dict[str, str]], base: str) -> None:
    """What is asked for is an address that may be asked, and the same for everyone."""
    found = best(*links, base=base)
    assert outbound.target(found).url == found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", True),
        (b"GIF89a", True),
        (b"\xff\xd8\xff\xe0", True),
        (b"RIFF\0\0\0\0WEBPVP8 ", True),
        (b"\0\0\1\0\1\0", True),
        (b"\0\0\0\x20ftypavif", True),
        (b"\0\0\0\x20ftypmp42", False),
        (b"", False),
        (b"RIFF\0\0\0\0WAVE", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", False),
        (b"<!doctype html>", False),
        (b"BM", False),
    ],
)
def test_what_begins_like_a_picture(data: bytes, expected: bool) -> None:  # noqa: FBT001
    """Only that gets a process of its own to be painted by."""
    assert icon.is_image(data) is expected
