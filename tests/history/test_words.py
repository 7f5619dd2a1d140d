"""What a word is, in any language, and where it is found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import words
from history.words import Term

# What people write, and what only looks like it.
ALPHABET = "ab ÄéßIİıñøдёйשלαςहिन्दी中文字東京ไทยคำ한국어🎉❤️_-'\"\\&|!:*()<>%\n１２ﬁﷺ"
texts = st.text(ALPHABET, max_size=40) | st.text(max_size=40)


def terms(text: str) -> list[Term]:
    """What a query asks for."""
    found = words.query(text)
    assert found is not None
    return found


def shown(text: str, query: str) -> list[str] | None:
    """What of a text is highlighted."""
    places = words.highlights(text, terms(query))
    return None if places is None else [text[start:end] for start, end in places]


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Tea at four", "tea", ["Tea"]),
        ("Tea at four", "fo TE", ["Tea", "four"]),
        ("Tea at four", "eat", None),
        ("Tea at four", "tea five", None),
        ("Tea at four", '"at four"', ["at four"]),
        ("Tea at four", '"tea four"', None),
        ("Tea at four", '"at fou"', None),
        ("Tea at four", '"at four', ["at four"]),
        ("see foo_bar.baz", "foo-bar.b", ["foo_bar.baz"]),
        ("don't", "don't", ["don't"]),
        ("Ein Käse, bitte", "kase", ["Käse"]),
        ("Ein Kase, bitte", "KÄSE", ["Kase"]),
        ("Straße", "STRASSE", ["Straße"]),
        ("Ещё один", "еще", ["Ещё"]),
        ("Όλος ο κόσμος", "ΚΟΣΜΟΣ", ["κόσμος"]),
        ("हिन्दी में", "हिन्दी", ["हिन्दी"]),
        ("שלום עולם", "שלום", ["שלום"]),
        ("한국어 공부", "한국", ["한국어"]),
        ("我在東京都住", "東京", ["東京"]),
        ("我在東京都住", "京", ["京"]),
        ("我在東京都住", "住", ["住"]),
        ("我在東京都住", "東都", None),
        ("我在東京都住", '"東京都"', ["東京都"]),
        ("東京 tower", '"東京 tower"', ["東京 tower"]),
        ("カタカナ", "ｶﾀｶﾅ", ["カタカナ"]),
        ("ภาษาไทยง่าย", "ไทย", ["ไทย"]),
        ("well done 🎉🎉", "🎉", ["🎉🎉"]),
        ("I ❤️ tea", "❤", ["❤"]),
        ("１２３ go", "123", ["１２３"]),
        ("tea tea tea", "tea", ["tea", "tea", "tea"]),
        ("", "tea", None),
    ],
)  # fmt: skip
def test_what_is_found_where(text: str, query: str, found: list[str] | None) -> None:
    """Beginnings of words, phrases, any script; without case, accents and forms of width."""
    assert shown(text, query) == found


@pytest.mark.parametrize("query", ["", " \t", "& | !", '""', "<-> :* ( ) %", "_", "\u0301", "‍️"])
def test_signs_alone_ask_for_nothing(query: str) -> None:
    """No operator of any database means anything."""
    assert words.query(query) == []


def test_a_query_has_a_bounded_number_of_words() -> None:
    """One more is too many, however they are put together; a repeated one counts."""
    assert len(terms(" ".join(f"w{n}" for n in range(words.QUERY_WORDS)))) == words.QUERY_WORDS
    assert words.query("-".join(f"w{n}" for n in range(words.QUERY_WORDS + 1))) is None
    assert len(terms("tea tea TEA")) == 1


def test_texts_of_any_size_stay_in_bounds() -> None:
    """A long word is cut, many of one word are counted to a number, and so are the highlights."""
    assert words.vector("x" * 10_000) == f"'{'x' * words.WORD_CHARACTERS}':1"
    assert words.vector("é" * 10_000).startswith("'eee")
    assert len(words.vector("a " * 8_000)) < 2_000
    places = words.highlights("a b " * 4_000, terms("a"))
    assert places is not None
    assert len(places) == words.HIGHLIGHTS
    assert shown("x" * 10_000, "x" * 100) == ["x" * 10_000]


def test_what_postgres_reads_is_quoted() -> None:
    """A word that folds into signs of Postgres' own, such as ﷺ or №, is one word all the same."""
    assert words.vector("ﷺ") == "'صلى الله عليه وسلم':1"
    assert words.condition(terms('tea "at four" 茶')) == "('tea':*) & ('at' <-> 'four') & ('茶':*)"
    assert words._quoted("a'b\\") == "'a''b\\\\'"


@given(texts)
def test_a_text_holds_its_own_words(text: str) -> None:
    """Whatever a text is, a query of its words finds it, and every highlight is within it."""
    wanted = words.query(text[:20])
    if wanted:
        places = words.highlights(text[:20], wanted)
        assert places
        ends = [0, *(end for place in places for end in place)]
        assert ends == sorted(ends)
        assert ends[-1] <= len(text)


@given(st.text("東京都住我在ไทยคำคน", min_size=1, max_size=30), st.data())
def test_any_part_of_a_text_without_spaces_is_found(text: str, data: st.DataObject) -> None:
    """As there are no words to begin with, every run of characters is one."""
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    wanted = words.query(part)
    if wanted:
        assert words.highlights(text, wanted) is not None
