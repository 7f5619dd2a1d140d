"""What the head of a page says of the page, whoever wrote it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import head, icon
from media.head import Head
from media.icon import Icon
from proto import ids, limits

HTML = "text/html; charset=utf-8"
PAGE_BYTES = 524_288
PIECES = [
    "<title>", "</title>", "<meta ", 'property="og:title" ', "content='", "'", '"', "<!--", "-->",
    "<![", "<!", "</", "<script>", "</script>", "<body>", "</head>", ">", "<", "&", "&#0;",
    "&#x202e;", "a", " ", "\0", "\u202e", "\ud800", "=", "<link rel=icon href=", "<base href=",
]  # fmt: skip


def never() -> bool:
    """There is time enough."""
    return False


def read(page: str | bytes, kind: str = HTML, spent: Callable[[], bool] = never) -> Head | None:
    """What a page says."""
    data = page.encode("utf-8", "surrogatepass") if isinstance(page, str) else page
    return head.read(data, kind, spent)


def test_open_graph() -> None:
    """A page tells its title, what it is about, and of what it is a part."""
    page = """<!DOCTYPE html><html><head><TITLE>The tab</TITLE>
        <meta property="og:title" content="Tea &amp; biscuits">
        <meta name="description" content="For search engines">
        <META PROPERTY=' OG:Description ' CONTENT='How  to&#10;make it'>
        <meta property="og:site_name" content="The Kettle"></head>"""
    assert read(page) == Head("Tea & biscuits", "How to make it", "The Kettle")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<title>Only a title</title>", Head("Only a title", None, None)),
        ("<title> a\n b </title><p>", Head("a b", None, None)),
        ("<title>a</title><title>b</title><p>", Head("a", None, None)),
        ("<meta name=twitter:title content=t><meta name=description content=d>",
         Head("t", "d", None)),
        ("<meta name=application-name content=n><title>t</title>", Head("t", None, "n")),
        # The first that says anything counts.
        ("<meta property=og:title content=' '><meta property=og:title content=x>"
         "<meta property=og:title content=y>", Head("x", None, None)),
        ("<meta property=og:title content=x content=y>", Head("x", None, None)),
        # What is no title, or stands behind the head.
        ("", None),
        ("<p>text</p>", None),
        ("<meta property=og:description content=d>", None),
        ("<meta content=x><meta property=og:title><meta name=author content=x>", None),
        ("<title></title>", None),
        ("<title>\u200b\u2060</title><p>", None),
        ("<body><meta property=og:title content=x>", None),
        ("<head></head><title>x</title><p>", None),
        ("<title>x<body>y</title><p>", Head("x", None, None)),
        ("<!-- <title>x</title> -->", None),
        ("<script>'<title>x</title>'</script>", None),
        # Markup in a title is text, and nothing in it shows another text than there is.
        ("<meta property=og:title content='&lt;script&gt;'>", Head("<script>", None, None)),
        ("<title>a&#x202e;b\u2066c&#0;d\x07e</title><p>", Head("abc\ufffdde", None, None)),
    ],
)  # fmt: skip
def test_pages(page: str, expected: Head | None) -> None:
    """Each is read as its author meant it, or not at all."""
    assert read(page) == expected


def test_icons() -> None:
    """Those of the head, as many as are looked at, and what their addresses are relative to."""
    page = """<title>t</title><link rel=stylesheet href=s><LINK REL='shortcut icon' HREF='a&amp;b'
        href=c><base target=_top><base href=/x/><base href=/y/><link rel=icon><link>
        <link rel=icon type=image/svg+xml href=d.svg>
        <link rel=apple-touch-icon sizes=180x180 href=e>
        <body><link rel=icon href=f>"""
    icons = (Icon("a&b", 0, touch=False), Icon("e", 180, touch=True))
    assert read(page) == Head("t", None, None, icons, "/x/")
    many = read("<title>t</title>" + "<link rel=icon href=a>" * 50 + "<p>")
    assert many == Head("t", None, None, (Icon("a", 0, touch=False),) * icon.MOST)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<meta name=twitter:image content=t><meta property=og:image content=o>", "o"),
        ("<meta property=og:image content=o><meta property=og:image:secure_url content=s>", "s"),
        ("<meta property=og:image content=' '><meta name=twitter:image content=t>", "t"),
        ("<meta property=og:image content=one><meta property=og:image content=other>", "one"),
        ("<meta property=og:image:alt content=words>", ""),
    ],
)
def test_the_picture_of_a_page(page: str, expected: str) -> None:
    """Open Graph's before Twitter's, and of several the first."""
    found = read(f"<title>t</title>{page}<p>")
    assert found is not None
    assert found.picture == expected


def test_long_texts_are_cut() -> None:
    """Each at its own bound, and where a word is not torn off by a blank."""
    page = "".join(
        f"<meta property='og:{name}' content='{'word ' * 500}'>"
        for name in ("title", "description", "site_name")
    )
    found = read(page)
    assert found is not None
    lengths = [len(text or "") for text in found[:3]]
    most = [
        limits.PREVIEW_TITLE_CHARACTERS,
        limits.PREVIEW_DESCRIPTION_CHARACTERS,
        limits.PREVIEW_SITE_CHARACTERS,
    ]
    assert all(least - 5 <= length <= least for length, least in zip(lengths, most, strict=True))
    assert found.title.endswith("word…")
    assert head.clean("abcd", 4) == "abcd"
    assert head.clean("abcde", 4) == "abc…"


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<title>Käse</title><p>".encode(), "text/html"),
        ("<title>Käse</title><p>".encode(), "Application/XHTML+xml ; charset=UTF8"),
        ("<title>Käse</title><p>".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("<title>Käse</title><p>".encode("cp1252"), 'text/html; a=b; charset="latin1"'),
        ("<meta charset=windows-1252><title>Käse</title><p>".encode("cp1252"), "text/html"),
        (
            b"<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-1'>"
            + "<title>Käse</title><p>".encode("cp1252"),
            "text/html; version=5",
        ),
        # What stands in front of all says more than any label; a label of nothing, nothing.
        ("<title>Käse</title><p>".encode("utf-8-sig"), "text/html; charset=latin1"),
        (b"\xff\xfe" + "<title>Käse</title><p>".encode("utf-16-le"), "text/html"),
        (b"\xfe\xff" + "<title>Käse</title><p>".encode("utf-16-be"), "text/html"),
        ("<title>Käse</title><p>".encode(), "text/html; charset=zlib"),
        ("<meta charset=punycode><title>Käse</title><p>".encode(), "text/html"),
        ("<meta charset=utf-16><title>Käse</title><p>".encode(), "text/html"),
        ("<meta charset=x><meta charset=latin1><title>Käse</title><p>".encode(), "text/html"),
    ],
)
def test_encodings(page: bytes, kind: str) -> None:
    """By its mark, by the header, by what it says itself; else UTF-8."""
    assert read(page, kind) == Head("Käse", None, None)


def test_what_is_not_of_an_encoding() -> None:
    """Takes no more than its own characters along."""
    assert read(b"<title>a\xff\xfeb</title><p>") == Head("a\ufffd\ufffdb", None, None)
    assert {"".encode(codec) for codec in head._CODECS.values()} == {b""}


@pytest.mark.parametrize("kind", ["", "image/png", "text/plain", "text/html5", "application/json"])
def test_other_things_than_pages(kind: str) -> None:
    """A picture that is called like a page is not looked into, nor a page that is called one."""
    assert read("<title>x</title><p>", kind) is None


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_page_is_too_strange(page: str) -> None:
    """Whatever comes: what is told of it is short, and every screen shows it alike."""
    found = read(page)
    for text in found[:3] if found else ():
        assert text is None or (ids.is_clean(text) and ids.is_visible(text))
        assert len(text or "") <= limits.PREVIEW_DESCRIPTION_CHARACTERS


@given(st.binary(max_size=200), st.sampled_from(sorted(head._CODECS)))
def test_no_bytes_are_too_strange(page: bytes, label: str) -> None:
    """In any encoding."""
    assert isinstance(read(page, f"text/html; charset={label}"), Head | None)


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<![", "&", "<title>", '<a b="', "<?"])
def test_a_page_has_its_time_and_no_more(piece: str) -> None:
    """It is asked of the clock at each few thousand characters, until it says that it is enough."""
    asked = 0

    def spent() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    read(piece * (PAGE_BYTES // len(piece)), HTML, spent)
    assert asked <= 4
    assert read("<title>x</title><p>", HTML, lambda: True) is None


def test_a_tag_without_an_end_is_given_up() -> None:
    """What is behind it is not looked for: nobody keeps half a megabyte for one attribute."""
    asked = 0

    def spent() -> bool:
        nonlocal asked
        asked += 1
        return False

    page = "<title>x</title><meta content='" + "a" * PAGE_BYTES
    assert read(page, HTML, spent) == Head("x", None, None)
    assert asked <= head.PENDING_CHARACTERS // head.PIECE_CHARACTERS + 3
