"""What every store of call state must do, as cases that any test runner can run.

    from agentkit.testing import state_contract

    @pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
    @pytest.mark.parametrize("library", ["asyncio", "trio"])
    def test_my_store_keeps_the_contract(case, library, tmp_path):
        case.run(MyPlace(tmp_path), library)

A `Place` is where one empty store lives: it makes handles onto it and lets time pass there. Each
case gets a place of its own. A broken promise is an `AssertionError` that names the promise.
"""

from functools import partial

from agentkit.errors import StateConflict
from agentkit.state.base import Entry
from agentkit.testing import state_edges, state_life, state_swaps
from agentkit.testing.state_checks import (
    Case,
    Place,
    Promises,
    ended,
    opened,
    pages,
    put,
    read,
    refused,
    same,
)

__all__ = ["CASES", "ODD_IDS", "VALUES", "Case", "Place"]

ODD_IDS = (
    ".", "..", "../../etc/passwd", "a/b", "a\\b", "C:\\aux", "con", "nul.txt", "-rf", "~", "$HOME",
    "%", "100%", "100x", "_", "a_b", "a.b", "ab", "AB", "*", "?", "[a-z]", "{tag}", "{", "}",
    "';drop table calls;--", '"', "`id`", "a b", " a", "a ", "a.", "%2e%2e%2f", "a:b", "a::b", "#",
    "\u00e9", "e\u0301", "\u200b", "\u202ea", "\ufeffa", "\u2028", "\U0001f600", "\u212a", "K", "k",
    "\u0130", "i", "x" * 255, "x" * 256, "\U0001f600" * 256,
)  # fmt: skip
"""Ids that files, patterns, queries and encodings have been known to confuse."""

VALUES = {
    "empty": b"",
    "every byte": bytes(range(256)),
    "line ends": b"\r\n\n\r",
    "no UTF-8": b"\xff\xfe\xc0",
    "a mebibyte": b"\x00state\xff" * 149_797,
}
"""Values whose bytes must come back as they are."""

promises = Promises()


@promises
async def _a_scan_tells_all_but_the_value(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", b"12345", final=True)
        record = await read(store, "k")
        times = (record.created_at, record.updated_at, record.expires_at)
        entry = Entry("k", version, 5, *times, final=True)
        same(await store.scan(), [entry], "an entry has the facts of its record")


@promises
async def _a_scan_pages_through_every_record_once(place: Place) -> None:
    async with opened(place) as store:
        keys = [f"call:{number}" for number in range(11)]
        for key in keys:
            await put(store, key)
        found = await pages(store, "", 3)
        met = sorted(entry.key for page in found for entry in page)
        same(met, sorted(keys), "following the pages meets each record once")
        same(max(map(len, found)), 3, "no page is longer than its limit")


@promises
async def _a_scan_takes_its_prefix_literally(place: Place) -> None:
    async with opened(place) as store:
        keys = ("a%b", "a%c", "axb", "A%b", "a*b", "a_b", "a?b", "a[b", "a\\b", "a")
        for key in keys:
            await put(store, key)
        for prefix in ("", "a", "a%", "a_", "a*", "a?", "a[", "a\\", "b"):
            met = sorted(entry.key for page in await pages(store, prefix, 4) for entry in page)
            wanted = sorted(key for key in keys if key.startswith(prefix))
            same(met, wanted, f"the prefix {prefix!r} is text, not a pattern")


@promises
async def _opening_and_closing_may_be_repeated(place: Place) -> None:
    async with opened(place) as store:
        await store.open()
        version = await put(store, "k", b"1")
        await store.close()
        await store.close()
        await store.open()
        await store.ping()
        if store.capabilities.durable:
            same((await read(store, "k")).version, version, "a durable store keeps its records")


@promises
async def _a_second_handle_sees_what_the_first_wrote(place: Place) -> None:
    async with opened(place) as store, opened(place) as other:
        version = await put(store, "k", b"1", write_id="a")
        same((await read(other, "k")).version, version, "both see the same record")
        again = await put(other, "k", b"1", write_id="a")
        same(again, version, "and remember the same write ids")
        await store.delete("k")
        await ended(other, "k", version)


@promises
async def _ids_do_not_share_a_record(place: Place) -> None:
    async with opened(place) as store:
        for key in ODD_IDS:
            await put(store, f"call:{key}", key.encode())
        for key in ODD_IDS:
            data = (await read(store, f"call:{key}")).data
            same(data, key.encode(), f"{key!a} has a record of its own")
        listed = sorted(entry.key for page in await pages(store, "call:", 7) for entry in page)
        same(listed, sorted(f"call:{key}" for key in ODD_IDS), "a scan tells each id as it is")


async def _an_odd_id_lives_and_dies(key: str, place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, key, b"1", write_id="a")
        same(await put(store, key, b"1", write_id="a"), version, "its writes can be repeated")
        await put(store, key, b"2", expect=version)
        await refused(StateConflict, put(store, key), "it cannot be created twice")
        same((await read(store, key)).data, b"2", "it is swapped")
        same([entry.key for entry in await store.scan(key)], [key], "it is listed")
        same(await store.delete(key), True, "it is deleted")
        await ended(store, key, version)


async def _bytes_come_back_as_they_are(data: bytes, place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", data)
        record = await read(store, "k")
        same(record.data == data, True, "a value comes back byte for byte")
        same((await store.scan())[0].size_bytes, len(data), "a scan tells its size")


CASES: tuple[Case, ...] = (
    *state_swaps.promises,
    *state_life.promises,
    *state_edges.CASES,
    *promises,
    *(
        Case(
            f"an_odd_id_lives_and_dies-{key[:12]!a}-{len(key)}",
            partial(_an_odd_id_lives_and_dies, key),
        )
        for key in ODD_IDS
    ),
    *(
        Case(f"bytes_come_back_as_they_are-{name}", partial(_bytes_come_back_as_they_are, data))
        for name, data in VALUES.items()
    ),
)
"""All the cases."""
