"""What a custom emoji may be called, and who may add and remove it."""

import pytest

from media import emoji
from media.app import SHORTCODES
from media.emoji import Outcome
from proto import custom_emoji
from proto.codes import ErrorCode
from proto.custom_emoji import EmojiAdders
from proto.wire import Fault

STANDARD = frozenset(SHORTCODES.read_text().split())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("party_parrot", None),
        ("tada", ErrorCode.CONFLICT),
        ("heart", ErrorCode.CONFLICT),
        ("x", ErrorCode.INVALID),
        (":party:", ErrorCode.INVALID),
        ("Party", ErrorCode.INVALID),
        ("", ErrorCode.INVALID),
    ],
)
def test_a_name_is_a_name_and_nobody_elses(name: str, code: ErrorCode | None) -> None:
    """What everybody writes for an emoji of Unicode goes on meaning that."""
    fault = emoji.name_refusal(name, STANDARD)
    assert (fault and fault.code) == code
    assert fault is None or fault.field == "name"


def test_the_standard_names_are_names() -> None:
    """All that could be given, each once, in order: what is compared is what is there."""
    names = SHORTCODES.read_text().split()
    assert len(names) > 1_500
    assert names == sorted(set(names))
    assert all(custom_emoji.is_name(name) for name in names)


@pytest.mark.parametrize(
    ("adders", "admin", "adds", "removes_own", "removes"),
    [
        ("admins", True, True, True, True),
        ("admins", False, False, False, False),
        ("everyone", True, True, True, True),
        ("everyone", False, True, True, False),
    ],
)
def test_rights(
    adders: EmojiAdders,
    *,
    admin: bool,
    adds: bool,
    removes_own: bool,
    removes: bool,
) -> None:
    """Admins may all; others where everyone may add, and then they remove their own alone."""
    found = [
        emoji.adding_refusal(adders, admin=admin),
        emoji.removing_refusal(adders, "ada", "ada", admin=admin),
        emoji.removing_refusal(adders, "ada", "bob", admin=admin),
    ]
    assert [fault is None for fault in found] == [adds, removes_own, removes]
    assert {fault.code for fault in found if fault} <= {ErrorCode.FORBIDDEN}


@pytest.mark.parametrize(("outcome", "field"), [("kept", None), ("taken", "name"), ("full", None)])
def test_why_one_is_not_added_is_told(outcome: Outcome, field: str | None) -> None:
    """A conflict, with the name to blame or with how many there may be."""
    fault: Fault | None = emoji.outcome_refusal(outcome)
    if outcome == "kept":
        assert fault is None
    else:
        assert fault is not None
        assert (fault.code, fault.field) == (ErrorCode.CONFLICT, field)
        assert ("1,000" in fault.message) == (outcome == "full")
