"""Which links of a text are looked up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import links
from proto import limits
from services import outbound

A, B, C, D = (f"https://{name}.example/" for name in "abcd")
PIECES = ["http://", A, B, "`", "```", "\n", "> ", "- ", "1. ", "[", "](", ")", "\\", "x", " ", "."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no link at all", []),
        (f"see {A}", [A]),
        (f"{A} {B} and {A} {C} {D}", [A, B, C]),
        ("HTTPS://a.example/ shouts", ["HTTPS://a.example/"]),
        ("http://a.example:8080/b?c=d#e", ["http://a.example:8080/b?c=d#e"]),
        ("https://bücher.example/", ["https://bücher.example/"]),
        # What belongs to the sentence, and what to the link.
        (f"({A}x).", [A + "x"]),
        ("https://a.example/b_(c), he said", ["https://a.example/b_(c)"]),
        (f"**{A}**", [A]),
        (f"is it {A}?!", [A]),
        (f"<{A}>", [A]),
        # A word that ends like a link is a word.
        (f"x{A}", []),
        (f"_{A}", []),
        (f"h {A}", [A]),
        # Names of links; a letter is none of the web.
        (f"[the page]({A})", [A]),
        (f"[{A}]({B})", [B]),
        ("[write](mailto:ada@a.example)", []),
        (f"[not closed]({A}", [A]),
        (f"\\[text]({A})", [A]),
        (f"\\x {A}", [A]),
        # Code.
        (f"`{A}`", []),
        (f"``a ` {A}`` {B}", [B]),
        (f"` {A}", [A]),
        (f"\\`{A}`", [A]),
        (f"```\n{A}\n```", []),
        (f"```py\n{A}\n```\n{B}", [B]),
        (f"text\n```\n{A}\n```\n{B}", [B]),
        (f"```\n{A}", [A]),
        (f"```\n```\n{A}", [A]),
        # Quotes and lists.
        (f"> {A}\n> ```\n> {B}\n> ```\n{C}", [A, C]),
        (f"text\n> {A}\n- {B}\n1. {C}", [A, B, C]),
        (f"> > > > > {A}", [A]),
        (f"- `a\n- {A}`", [A]),
        (f"`a\n{A}`", []),
        # Nobody could be asked about these.
        ("http:// https://", []),
        ("https://...", []),
        ("https://ada:secret@a.example/", []),
        ("https://a.example:0/", []),
        ("javascript://a.example/", []),
        ("ftp://a.example/", []),
        ("https://a.example/\\b", []),
        (f"[x](https://ada@a.example/) {A}", [A]),
    ],
)
def test_the_links_of_a_text(text: str, expected: list[str]) -> None:
    """The first three in running text, as they stand there, each once."""
    assert links.found(text) == expected


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_whatever_is_found_can_be_asked_about(text: str) -> None:
    """Few, different, in the text as they are, and URLs of the web."""
    found = links.found(text)
    assert len(found) <= limits.PREVIEWS
    assert len(set(found)) == len(found)
    for link in found:
        assert link in text
        assert outbound.target(link).scheme in ("http", "https")


@pytest.mark.parametrize(
    "piece", ["http://:", "https://a(", ")", "`", "[", "[a](", "> ", "```\n", "\\", "http://:h "]
)
def test_a_text_that_means_no_good(piece: str) -> None:
    """The longest text of one piece again and again is read like any other."""
    text = piece * (limits.TEXT_BYTES // len(piece))
    assert links.found(text + f" \n\n{A}") in ([], [A])
