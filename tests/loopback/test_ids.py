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
