"""What the platform knows of a call before anybody has spoken."""

from agentkit.loopback.dialling import call_object, fresh_seed
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


def test_seeds_are_new_ones_each_time_and_depend_on_the_name() -> None:
    assert [fresh_seed("test_x"), fresh_seed("test_x")] == ["test_x 1", "test_x 2"]
    assert fresh_seed("test_y") == "test_y 1"
