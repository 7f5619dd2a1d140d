"""What programs write to Slack, as it is read in Parley."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import slack
from proto.codes import ErrorCode
from proto.mentions import named
from proto.webhooks import (
    SlackAttachment,
    SlackBlock,
    SlackField,
    SlackPayload,
    SlackText,
)
from proto.wire import Fault


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("*bold* and *so on*, ~gone~, _it_", "**bold** and **so on**, ~~gone~~, _it_"),
        (
            "**bold** already, ~~gone~~, [a](https://b)",
            "**bold** already, ~~gone~~, [a](https://b)",
        ),
        ("2*3*4 a* b* * c ~ d ~ ~/x", "2*3*4 a* b* * c ~ d ~ ~/x"),
        ("* an item\n* another", "* an item\n* another"),
        ("<https://a.example/x?y=1&amp;z=2>", "https://a.example/x?y=1&z=2"),
        ("<https://a.example|the *page*>", "[the *page*](https://a.example)"),
        ("*<https://a.example/a_(b)|t[1]>*", "**[t(1)](https://a.example/a_%28b%29)**"),
        ("<https://a.example|https://a.example>", "https://a.example"),
        ("<https://a.example|>", "https://a.example"),
        ("<mailto:a@b.example|write>", "[write](mailto:a@b.example)"),
        ("<javascript:alert(1)|here> <javascript:x>", "here <javascript:x>"),
        ("<@U1|ada> <@bob> <#C1|tea> <#C2>", "@ada @bob #tea #C2"),
        ("<!here> <!channel|channel> <!everyone>", "@here @room @room"),
        ("<!subteam^S1|@devs><!subteam^S2>", "@devs"),
        ("<!date^1392734382^{date}|today>", "today"),
        ("a &lt;b&gt; &amp;amp; c < d > e", "a <b> &amp; c < d > e"),
        (">quoted\n> so\n&gt;too", "> quoted\n> so\n> too"),
        ("`*a* &lt;<b>` *c*", "`*a* <<b>` **c**"),
        ("see ```\n*x* &gt; 1\n``` *y*", "see \n```\n*x* > 1\n```\n **y**"),
        ("```open *a*", "```open **a**"),
        ("\ue000<@U1>\ue000", "@U1"),
    ],
)
def test_mrkdwn(written: str, shown: str) -> None:
    """Marks, links, names, entities and code; what is Markdown already, or neither, stays."""
    assert slack.markdown(written) == shown


@given(st.text(alphabet="*~_<>|@#!`&;amp lt\n\\x", max_size=300))
def test_any_text_is_read(written: str) -> None:
    """Whatever is written, and none of it goes missing but marks and brackets."""
    shown = slack.markdown(written)
    assert [c for c in shown if c == "x"] <= [c for c in written if c == "x"]
    assert shown.count("\ue000") == 0


@pytest.mark.parametrize(
    "raw",
    [
        b'{"text": "hello", "channel": "#tea", "icon_emoji": ":x:", "username": null}',
        b' \n{"text":"hello"}',
        b"payload=%7B%22text%22%3A%22hello%22%7D",
        b"payload=%7B%22text%22%3A+%22hello%22%7D&more=1",
    ],
)
def test_bodies(raw: bytes) -> None:
    """JSON, or a form with `payload`; what Parley does not know is ignored."""
    payload = slack.read(raw)
    assert isinstance(payload, SlackPayload)
    assert payload.text == "hello"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", ErrorCode.BAD_FRAME),
        (b"hello", ErrorCode.BAD_FRAME),
        (b"[1]", ErrorCode.BAD_FRAME),
        (b"payload=", ErrorCode.BAD_FRAME),
        (b"payload=hello", ErrorCode.BAD_FRAME),
        (b"&".join([b"a=1"] * 30), ErrorCode.BAD_FRAME),
        (b'{"text": 7}', ErrorCode.BAD_FRAME),
        (b'{"text": "\xff"}', ErrorCode.BAD_FRAME),
        (b'{"blocks":' + b"[" * 100_000, ErrorCode.BAD_FRAME),
    ],
)
def test_bodies_that_are_none(raw: bytes, code: ErrorCode) -> None:
    """They are faults, and nothing is raised."""
    fault = slack.read(raw)
    assert isinstance(fault, Fault)
    assert fault.code is code


def test_who_posts_stands_above() -> None:
    """So that nobody takes it for the word of a person; it neither marks nor calls."""
    assert slack.message(SlackPayload("hi"), "CI") == "**CI**\nhi"
    assert slack.message(SlackPayload("hi", "de*ploy\u202e\n@bot "), "CI") == "**deploy bot**\nhi"
    text = slack.message(SlackPayload("hi", "@room"), "CI")
    assert text == "**room**\nhi"
    assert not named(text).everyone
    assert slack.message(SlackPayload("hi", "x" * 100), "CI") == f"**{'x' * 64}**\nhi"
    assert slack.message(SlackPayload("hi", "@@"), "[CI]") == "**CI**\nhi"
    assert slack.message(SlackPayload("hi"), "@") == "hi"


@pytest.mark.parametrize(
    "payload",
    [
        SlackPayload(),
        SlackPayload(" \n"),
        SlackPayload(None, "bot", [SlackBlock("divider")], [SlackAttachment()]),
        SlackPayload("<!subteam^S1>"),
    ],
)
def test_nothing_said(payload: SlackPayload) -> None:
    """A message needs a text, whatever stands above it."""
    assert slack.message(payload, "CI") == Fault(
        ErrorCode.INVALID, "a message needs a text", "text"
    )


def test_blocks_and_attachments() -> None:
    """Blocks stand for the text; attachments follow, their fallback where they have no more."""
    raw = {
        "text": "fallback",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Alert"}},
            {"type": "divider"},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*disk* is full"}},
            {"type": "section", "text": {"type": "mrkdwn"}},
            {"type": "context", "text": {"text": "not shown"}},
        ],
        "attachments": [
            {
                "pretext": "Firing",
                "title": "a > b",
                "title_link": "https://a.example",
                "text": "since <!date^1^{date}|noon>",
                "fallback": "not shown",
                "fields": [
                    {"title": "Host", "value": "db-1", "short": True},
                    {"title": "Full", "value": 0.98},
                    {"value": True},
                    {},
                ],
            },
            {"title": "no link"},
            {"fallback": "one line"},
        ],
    }
    payload = slack.read(msgspec.json.encode(raw))
    assert isinstance(payload, SlackPayload)
    assert slack.message(payload, "Grafana") == (
        "**Grafana**\nAlert\n**disk** is full\nFiring\n**[a > b](https://a.example)**\nsince noon"
        "\n**Host**: db-1\n**Full**: 0.98\ntrue\n**no link**\none line"
    )
    only = SlackPayload("said", None, [SlackBlock("section", SlackText(""))], [])
    assert slack.message(only, "CI") == "**CI**\nsaid"
    fields = SlackPayload(attachments=[SlackAttachment(fields=[SlackField("Only a title")])])
    assert slack.message(fields, "CI") == "**CI**\n**Only a title**:"
