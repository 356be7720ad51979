"""What the platform knows of a call before anybody has spoken."""

from collections import Counter

import pytest

from agentkit.loopback import dialling
from agentkit.loopback.dialling import Seed, call_object, fresh_seed, seed_of
from agentkit.loopback.ids import Ids


def test_a_call_from_a_telephone() -> None:
    call = call_object(Ids(), "+12025550123", "+12025550100", {})
    assert (call["type"], call["from_number"], call["to_number"]) == (
        "phone",
        "+12025550123",
        "+12025550100",
    )
    assert call["segment_id"] == call["call_id"]
    assert call["headers"] == []


def test_a_call_by_sip() -> None:
    call = call_object(Ids(), "sip:alex@example.com", "sips:shop@example.net", {"X-Trunk": "a"})
    assert call["type"] == "sip"
    assert call["headers"] == [{"name": "X-Trunk", "value": "a"}]
    assert call["sip_data"]["sip_to_user"] == "shop"
    assert call["sip_data"]["sip_from_uri"] == "alex@example.com"
    assert call["sip_data"]["sip_contact_host"] == "example.com"
    assert len(call["sip_data"]) == 14
    assert "from_number" not in call


def test_a_call_from_a_browser() -> None:
    call = call_object(Ids(), "sip:guest@example.com;context=guest", "/public/shop", {})
    assert call["type"] == "webrtc"
    assert "sip_data" not in call


def test_what_is_drawn_depends_on_the_name_and_the_count_of_calls() -> None:
    assert [fresh_seed("test_x").draws, fresh_seed("test_x").draws] == ["test_x 1", "test_x 2"]
    assert fresh_seed("test_y").draws == "test_y 1"


def test_ids_are_new_ones_each_time_also_when_the_tests_run_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = fresh_seed("test_z")
    monkeypatch.setattr(dialling, "_named", Counter())  # as in a process of its own
    again = fresh_seed("test_z")
    assert again.draws == first.draws
    assert again.ids != first.ids


def test_a_seed_of_the_author_counts_for_all_that_is_drawn() -> None:
    assert seed_of(7) == Seed(ids=7, draws=7)
    assert seed_of(fresh := fresh_seed()) is fresh
