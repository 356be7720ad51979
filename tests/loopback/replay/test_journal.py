"""What a journal tells, whole or damaged, and a call out of its summary."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from agentkit import _json
from agentkit.loopback.replay import ReplayError, Reply, call_in
from agentkit.loopback.replay.journal import exchange_of, read

JSON = dict[str, Any]
HEAD: JSON = {"at": 1, "kind": "call", "format": 1, "call_id": "c-1"}
ORDER: JSON = {
    "function": "order",
    "argument": {"parsed": [{"tea": "Assam"}], "raw": '{"tea":"Assam"}'},
}


def webhook(exchange: str = "1", **fields: Any) -> JSON:
    return {"kind": "webhook", "exchange": exchange, "what": "function", "body": ORDER, **fields}


def journal(*lines: Any) -> bytes:
    return b"".join(_json.encode(line) + b"\n" for line in lines)


def test_lines_are_put_together_by_their_exchange() -> None:
    call = read(
        journal(
            HEAD,
            webhook("1", url="https://h/swaig", method="POST", query={"a": "b"}),
            webhook("2", what="poll", body=None),
            {"kind": "answer", "exchange": "2", "status": 204},
            {"kind": "http", "exchange": "1", "body": {"request": {"url": "u"}, "reply": {}}},
            {"kind": "answer", "exchange": "1", "status": 200, "body": {"response": "x"}},
            {"kind": "state", "exchange": "1", "body": {"n": 1}},
            {"kind": "note", "text": "3 lines were dropped"},
            {"kind": "of the future"},
        )
    )
    one, two = call.exchanges
    assert (call.call_id, call.missing, call.is_whole) == ("c-1", ["3 lines were dropped"], True)
    assert (one.function, one.arguments, one.query) == ("order", {"tea": "Assam"}, {"a": "b"})
    assert one.reply == Reply(200, {"response": "x"})
    assert one.state == {"n": 1}
    assert one.http == [{"request": {"url": "u"}, "reply": {}}]
    assert two.reply == Reply(204)
    assert (two.function, two.arguments, two.state) == ("", {}, UNSET)


def test_a_journal_that_ends_in_the_middle_is_read_as_far_as_it_goes() -> None:
    whole = journal(HEAD, webhook(), {"kind": "answer", "exchange": "1", "status": 200})
    call = read(whole[:-9])
    assert call.exchanges[0].reply is None
    assert call.missing == ["1 damaged lines were passed over"]


DAMAGED: dict[str, Any] = {
    "a line that is no object": [1],
    "a line without a kind": {"at": 1},
    "an answer to nothing": {"kind": "answer", "exchange": "9", "status": 200},
    "a state of nothing": {"kind": "state", "body": {}},
    "HTTP of nothing": {"kind": "http", "exchange": "1"},
    "HTTP without a request": {"kind": "http", "exchange": "1", "body": {"request": 7}},
    "a kind that is no text": {"kind": ["webhook"]},
    "a status that is no number": {"kind": "answer", "exchange": "1", "status": "x", "cut": True},
    "a webhook of odd things": {"kind": "webhook", "query": 7, "body": {"argument": {"parsed": 7}}},
    "arguments that are no object": {"kind": "webhook", "body": {"argument": {"parsed": [7]}}},
    "a function that is no text": {"kind": "webhook", "body": {"function": 7, "argument": 7}},
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_odd_lines_break_nothing(line: Any) -> None:
    call = read(journal(HEAD, webhook(), line))
    assert call.exchanges[0].function == "order"
    assert [(each.function, each.arguments) for each in call.exchanges[1:]] in ([], [("", {})])


@given(st.binary())
def test_any_bytes_are_a_call_or_an_error(data: bytes) -> None:
    with pytest.raises(ReplayError):
        call_in(data)


@pytest.mark.parametrize("version", [2, "1", None])
def test_a_format_that_is_not_known_is_refused(version: Any) -> None:
    with pytest.raises(ReplayError, match="reads 1"):
        read(journal({**HEAD, "format": version}, webhook()))


@pytest.mark.parametrize("data", [b"", b"{}", b"\n\n", journal(HEAD)])
def test_a_file_without_a_webhook_is_refused(data: bytes) -> None:
    with pytest.raises(ReplayError, match="there is no webhook in this file"):
        call_in(data)


def test_lines_without_a_webhook_are_no_exchange() -> None:
    assert exchange_of([{"kind": "answer", "status": 200}]) is None


def summary(*entries: Any, **fields: Any) -> bytes:
    whole = {"action": "post_conversation", "call_id": "c-1", "swaig_log": entries, **fields}
    return _json.encode(whole)


def test_a_summary_alone_is_a_call() -> None:
    call = call_in(
        summary(
            {"command_name": "next_step", "command_arg": "{}", "native": True},
            {
                "command_name": "order",
                "post_data": {"argument": ORDER["argument"]},
                "post_response": {"response": "done"},
            },
            {"command_name": "map", "command_arg": "{}"},
            {"command_name": "lost", "post_data": {"function": "lost"}, "post_response": "?"},
            "odd",
        )
    )
    order, lost, end = call.exchanges
    assert (order.function, order.arguments) == ("order", {"tea": "Assam"})
    assert order.body["call_id"] == "c-1"
    assert order.reply == Reply(200, {"response": "done"})
    assert lost.reply is None
    assert (end.what, end.body["action"]) == ("post_prompt", "post_conversation")
    assert call.missing == ["1 functions were answered elsewhere"]
    assert not call.is_whole


@pytest.mark.parametrize("call_id", [None, "", 7])
def test_a_summary_of_no_call_is_refused(call_id: Any) -> None:
    with pytest.raises(ReplayError, match="names no call"):
        call_in(summary(call_id=call_id))
