"""What may be reacted with."""

import emoji
import pytest

from history.reactions_emoji import canonical


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("👍", "👍"),
        ("👍🏽", "👍🏽"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("❤", "❤️"),
        ("❤️", "❤️"),
        ("🏳‍🌈", "🏳️‍🌈"),
        ("#⃣", "#️⃣"),
        ("🇩🇪", "🇩🇪"),
        ("©", "©️"),
    ],
)
def test_an_emoji_is_kept_in_one_form(given: str, kept: str) -> None:
    """Fully qualified, however it was typed; skin tones are emoji of their own."""
    assert canonical(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", "a", "1", "#", "👍👍", "👍 ", ":party:", "thumbsup", "🏽", "🦰", "\u200d", "\ufe0f",
     "🇩", "<script>", "é", "你", "👍" * 1_000, "a\u20e3", "❤️️x", "\x00"],
)  # fmt: skip
def test_what_is_no_emoji(given: str) -> None:
    """Letters, words, several of them, pieces of one, names of custom ones."""
    assert canonical(given) is None


def test_every_emoji_of_unicode_is_one() -> None:
    """All that are fully qualified, each kept as it is."""
    whole = [e for e, d in emoji.EMOJI_DATA.items() if d["status"] == 2]
    assert len(whole) > 3_500
    assert [canonical(e) for e in whole] == whole
