"""Cases of the state contract: empty stores, odd write ids, very long and very short times."""

from functools import partial

import anyio

from agentkit.errors import CallEnded, StateConflict
from agentkit.state.base import ABSENT, ANY, WRITE_IDS_KEPT, StateBackend
from agentkit.testing.state_checks import (
    CONTENDERS,
    SLACK_SECONDS,
    TTL_SECONDS,
    Case,
    Place,
    Promises,
    at_once,
    differ,
    ended,
    opened,
    pages,
    put,
    read,
    refused,
    same,
)

ODD_WRITE_IDS = ("a", "0", "~" * 64, "' OR 1=1 --", '"', "\\", "%s %d", "a b", "{a}", "..", "a:1")
"""Write ids that queries, patterns and encodings have been known to confuse."""

YEAR_SECONDS = 31_536_000.0

promises = Promises()


@promises
async def _an_empty_store_has_nothing_to_tell(place: Place) -> None:
    async with opened(place) as store:
        same(await store.scan(), [], "a scan finds nothing")
        same(await store.purge(100), 0, "a purge collects nothing")
        same(await store.delete("k"), False, "a delete removes nothing")
        await store.ping()
        same(await store.scan(), [], "a ping leaves nothing behind")


@promises
async def _reading_changes_nothing(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k")
        first = await read(store, "k")
        await store.scan()
        await store.ping()
        await store.purge(100)
        same(await read(store, "k"), first, "version, times and value stay as they were")


@promises
async def _opening_at_the_same_time_opens_once(place: Place) -> None:
    async with opened(place) as store:
        async with anyio.create_task_group() as group:
            for _ in range(CONTENDERS):
                group.start_soon(store.open)
        await put(store, "k", b"1")
        same((await read(store, "k")).data, b"1", "the store works")


@promises
async def _a_closed_store_keeps_its_tombstones(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k")
        await store.delete("k")
        await store.close()
        await store.open()
        if store.capabilities.durable:
            await ended(store, "k", version)


@promises
async def _the_longest_key_has_a_record(place: Place) -> None:
    key = "call:" + "\U0001f600" * 295
    async with opened(place) as store:
        version = await put(store, key, b"1")
        same((await read(store, key)).version, version, "300 characters are a key")
        same([entry.key for entry in await store.scan(key)], [key], "and a prefix")
        same(await store.scan(f"{key}x"), [], "of itself only")


@promises
async def _keys_that_begin_alike_do_not_share_their_fate(place: Place) -> None:
    async with opened(place) as store:
        for key in ("k", "k:", "k:1", "k1"):
            await put(store, key, key.encode())
        await store.delete("k")
        for key in ("k:", "k:1", "k1"):
            same((await read(store, key)).data, key.encode(), "the others are still there")
        await ended(store, "k", (await read(store, "k:")).version)


@promises
async def _a_delete_of_the_version_read_removes_it(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k")
        same(await store.delete("k", expect=version), True, "the version is there")
        same(await store.delete("k", expect=version), False, "and gone")
        same(await store.delete("other", expect=version), False, "absence meets every expectation")


@promises
async def _a_repeated_write_does_not_bring_a_deleted_record_back(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", write_id="a")
        await store.delete("k")
        late = put(store, "k", write_id="a")
        await refused(CallEnded, late, "a tombstone refuses what was written before it, too")
        same(await store.get("k"), None, "nothing came back")


@promises
async def _a_write_repeated_after_the_record_expired_is_a_new_one(place: Place) -> None:
    async with opened(place) as store:
        old = await put(store, "k", b"1", write_id="a")
        place.advance(TTL_SECONDS + 5)
        new = await put(store, "k", b"2", write_id="a")
        differ(old, new, "the expired record is forgotten with its write ids")
        same((await read(store, "k")).data, b"2", "and the write is made")


@promises
async def _a_repeated_write_renews_nothing(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", write_id="a")
        place.advance(TTL_SECONDS - SLACK_SECONDS)
        await put(store, "k", write_id="a")
        record = await read(store, "k")
        same(record.updated_at, record.created_at, "the record was written once")
        place.advance(SLACK_SECONDS + 5)
        same(await store.get("k"), None, "and is gone in time")


@promises
async def _refused_writes_are_not_remembered(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", write_id="first")
        for number in range(2 * WRITE_IDS_KEPT):
            write = put(store, "k", write_id=f"refused-{number}")
            await refused(StateConflict, write, "ABSENT conflicts with a record")
        same(await put(store, "k", write_id="first"), version, "they push no other write id out")


@promises
async def _a_record_made_again_is_new_in_every_way(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", b"old", final=True)
        place.advance(10)
        await store.delete("k", final=False)
        await put(store, "k", b"new")
        new = await read(store, "k")
        same((new.final, new.data), (False, b"new"), "it has the facts of its own write")
        same(new.created_at, new.updated_at, "it was created when it was written")


@promises
async def _a_record_may_live_for_years(place: Place) -> None:
    async with opened(place) as store:
        await store.put("k", b"", expect=ABSENT, ttl_seconds=10 * YEAR_SECONDS, write_id="a")
        record = await read(store, "k")
        same(round(record.expires_at - record.updated_at), 10 * YEAR_SECONDS, "it keeps its TTL")
        same(await store.purge(100), 0, "a purge leaves it alone")


@promises
async def _a_record_may_live_for_a_moment(place: Place) -> None:
    async with opened(place) as store:
        await store.put("k", b"", expect=ABSENT, ttl_seconds=0.5, write_id="a")
        place.advance(5)
        same(await store.get("k"), None, "it is gone")
        await put(store, "k", b"new")
        same((await read(store, "k")).data, b"new", "and can be made again")


@promises
async def _a_scan_goes_on_after_a_key_that_is_gone(place: Place) -> None:
    async with opened(place) as store:
        keys = [f"k{number}" for number in range(6)]
        for key in keys:
            await put(store, key)
        first = await store.scan("k", "", 3)
        await store.delete(first[-1].key, final=False)
        rest = await store.scan("k", first[-1].key, 100)
        met = sorted(entry.key for entry in (*first, *rest))
        same(met, keys, "the place in the order stays")


@promises
async def _a_scan_of_single_steps_meets_all(place: Place) -> None:
    async with opened(place) as store:
        keys = sorted(f"k{number}" for number in range(5))
        for key in keys:
            await put(store, key)
        found = await pages(store, "k", 1)
        same([len(page) for page in found], [1] * 5, "a page holds what it may")
        same(sorted(page[0].key for page in found), keys, "and all are met")


@promises
async def _a_scan_tells_what_the_last_write_made(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", b"1", final=True)
        version = await put(store, "k", b"12345", expect=version)
        entry = (await store.scan())[0]
        same((entry.version, entry.size_bytes, entry.final), (version, 5, False), "not the first")


@promises
async def _records_written_at_the_same_time_are_all_there(place: Place) -> None:
    async with opened(place) as store:

        async def contend(store: StateBackend, number: int) -> str:
            return await put(store, f"k{number}", b"%d" % number)

        versions = await at_once(store, contend)
        for number, version in enumerate(versions):
            record = await read(store, f"k{number}")
            same((record.version, record.data), (version, b"%d" % number), "each as it was written")


@promises
async def _purges_at_the_same_time_collect_each_row_once(place: Place) -> None:
    async with opened(place) as store:
        for number in range(4 * CONTENDERS):
            await put(store, f"k{number}")
        place.advance(TTL_SECONDS + 5)

        async def contend(store: StateBackend, number: int) -> int:
            return await store.purge(3)

        collected = sum(await at_once(store, contend))
        while batch := await store.purge(100):
            collected += batch
        same(collected, 4 * CONTENDERS, "no row is counted twice or forgotten")


@promises
async def _a_delete_amid_writes_is_the_end(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", b"0")

        async def contend(store: StateBackend, number: int) -> bool:
            if number == 0:
                return await store.delete("k")
            try:
                await put(store, "k", b"%d" % number, expect=ANY)
            except CallEnded:
                return False
            return True

        same((await at_once(store, contend))[0], True, "the delete finds the record")
        same(await store.get("k"), None, "and nothing comes after it")


async def _an_odd_write_id_is_remembered(write_id: str, place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", b"1", write_id=write_id)
        await put(store, "k", b"2", expect=version, write_id=f"{write_id[:60]}...")
        same(await put(store, "k", b"3", write_id=write_id), version, "it is answered again")
        same((await read(store, "k")).data, b"2", "and not applied again")


CASES: tuple[Case, ...] = (
    *promises,
    *(
        Case(
            f"an_odd_write_id_is_remembered-{write_id[:12]!a}",
            partial(_an_odd_write_id_is_remembered, write_id),
        )
        for write_id in ODD_WRITE_IDS
    ),
)
