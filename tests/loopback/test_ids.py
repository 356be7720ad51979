import uuid

from agentkit.loopback.ids import Ids


def test_the_same_seed_makes_the_same_ids() -> None:
    one, other = Ids("booking"), Ids("booking")
    assert [one.uuid(), one.hex32()] == [other.uuid(), other.hex32()]
    assert Ids("other").uuid() != Ids("booking").uuid()


def test_ids_have_the_platform_s_forms() -> None:
    ids = Ids()
    assert uuid.UUID(ids.uuid()).version == 4
    assert len(ids.hex32()) == 32
    assert ids.uuid() != ids.uuid()


def test_ids_that_were_made_are_numbers_in_what_is_compared() -> None:
    ids = Ids()
    call_id, tag = ids.uuid(), ids.hex32()
    told = f'say {{"call_id":"{call_id}"}} {tag}, cut: "{call_id[:20]}…", another: e8024657'
    assert ids.masked("nothing") == "nothing"
    assert ids.masked(told) == 'say {"call_id":"<id 1>"} <id 2>, cut: "<id 1>…", another: e8024657'
