"""Cases of the state contract: expiry, deletion, tombstones and purging."""

import time

from agentkit.errors import StateConflict
from agentkit.state.base import ABSENT, TOMBSTONE_SECONDS
from agentkit.testing.state_checks import (
    SLACK_SECONDS,
    TTL_SECONDS,
    Place,
    Promises,
    ended,
    opened,
    passed,
    put,
    read,
    refused,
    same,
)

promises = Promises()


@promises
async def _a_record_says_when_it_was_made_written_and_expires(place: Place) -> None:
    began = time.monotonic()
    async with opened(place) as store:
        await put(store, "k")
        new = await read(store, "k")
        same(new.created_at, new.updated_at, "a new record was created when it was written")
        same(round(new.expires_at - new.updated_at), TTL_SECONDS, "it expires after its TTL")
        place.advance(10)
        first = await read(store, "k")
        await put(store, "k", expect=first.version)
        second = await read(store, "k")
    same(second.created_at, first.created_at, "a later write leaves the time of creation alone")
    between = second.updated_at - second.created_at
    passed(between, 10, time.monotonic() - began, "a later write is a later update")
    same(round(second.expires_at - second.updated_at), TTL_SECONDS, "a write renews the TTL")


@promises
async def _a_record_expires_after_its_time_to_live(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k")
        place.advance(TTL_SECONDS - SLACK_SECONDS)
        await read(store, "k")
        place.advance(2 * SLACK_SECONDS)
        same(await store.get("k"), None, "an expired record is absent, collected or not")
        same(await store.delete("k"), False, "an expired record cannot be deleted")


@promises
async def _an_expired_record_is_made_anew(place: Place) -> None:
    async with opened(place) as store:
        old = await put(store, "k", b"old")
        place.advance(TTL_SECONDS + 5)
        write = put(store, "k", expect=old)
        await refused(StateConflict, write, "the version of an expired record matches nothing")
        await put(store, "k", b"new")
        fresh = await read(store, "k")
        same(fresh.data, b"new", "after expiry a key can be created again")
        same(fresh.created_at, fresh.updated_at, "and is a new record")


@promises
async def _a_write_renews_the_time_to_live(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k")
        place.advance(TTL_SECONDS - SLACK_SECONDS)
        await put(store, "k", expect=version)
        place.advance(TTL_SECONDS - SLACK_SECONDS)
        await read(store, "k")


@promises
async def _a_write_can_shorten_the_time_to_live(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k")
        await store.put("k", b"", expect=version, ttl_seconds=10.0, write_id="a")
        place.advance(15)
        same(await store.get("k"), None, "the TTL of the last write counts")


@promises
async def _a_deleted_record_is_absent(place: Place) -> None:
    async with opened(place) as store:
        same(await store.delete("k"), False, "there is nothing to delete at first")
        await put(store, "k")
        same(await store.delete("k"), True, "a delete says that there was a record")
        same(await store.get("k"), None, "a deleted record is absent")
        same(await store.delete("k"), False, "and cannot be deleted again")


@promises
async def _deleting_nothing_leaves_no_tombstone(place: Place) -> None:
    async with opened(place) as store:
        await store.delete("k")
        await put(store, "k")
        await read(store, "k")


@promises
async def _a_delete_of_an_old_version_is_refused(place: Place) -> None:
    async with opened(place) as store:
        old = await put(store, "k")
        new = await put(store, "k", expect=old)
        removal = store.delete("k", expect=old)
        await refused(StateConflict, removal, "a delete of an old version conflicts")
        await read(store, "k")
        same(await store.delete("k", expect=new), True, "the current version is deleted")


@promises
async def _late_writes_after_a_delete_are_refused(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", write_id="a")
        await store.delete("k")
        await ended(store, "k", version)
        place.advance(TOMBSTONE_SECONDS - SLACK_SECONDS)
        await store.purge(100)
        await ended(store, "k", version)


@promises
async def _a_tombstone_goes_after_its_time(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k")
        await store.delete("k")
        place.advance(TOMBSTONE_SECONDS + 5)
        await put(store, "k", b"new")
        same((await read(store, "k")).data, b"new", "a tombstone does not last for ever")


@promises
async def _a_delete_that_is_not_final_leaves_no_tombstone(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", final=True)
        await store.delete("k", final=False)
        await put(store, "k", b"new")
        same((await read(store, "k")).data, b"new", "the key can be written again at once")


@promises
async def _a_final_record_leaves_a_tombstone_when_it_expires(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", final=True)
        same((await read(store, "k")).final, True, "a get tells that the record is final")
        place.advance(TTL_SECONDS + 5)
        same(await store.get("k"), None, "a final record expires like any other")
        await ended(store, "k", version)
        place.advance(TOMBSTONE_SECONDS + 5)
        await put(store, "k")


@promises
async def _the_tombstone_of_an_expired_record_survives_a_purge(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", final=True)
        place.advance(TTL_SECONDS + 5)
        await store.purge(100)
        await ended(store, "k", version)
        place.advance(TOMBSTONE_SECONDS + 5)
        same(await store.purge(100), 1, "a purge collects old tombstones")


@promises
async def _the_last_write_decides_whether_a_record_is_final(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", final=True)
        await put(store, "k", expect=version)
        same((await read(store, "k")).final, False, "a later write can take it back")
        place.advance(TTL_SECONDS + 5)
        await put(store, "k")


@promises
async def _a_scan_leaves_out_what_is_gone(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "old")
        await put(store, "deleted")
        await store.delete("deleted")
        place.advance(TTL_SECONDS + 5)
        await put(store, "new")
        keys = [entry.key for entry in await store.scan()]
        same(keys, ["new"], "expired records and tombstones are not listed")


@promises
async def _a_purge_works_in_batches(place: Place) -> None:
    async with opened(place) as store:
        for number in range(7):
            await put(store, f"old-{number}")
        await store.put("live", b"", expect=ABSENT, ttl_seconds=10 * TTL_SECONDS, write_id="a")
        same(await store.purge(100), 0, "nothing has expired yet")
        place.advance(TTL_SECONDS + 5)
        batches = [await store.purge(3) for _ in range(4)]
        same(batches, [3, 3, 1, 0], "a purge collects no more than its limit, and all in the end")
        same([entry.key for entry in await store.scan()], ["live"], "live records stay")


@promises
async def _a_purge_spares_what_was_renewed_or_made_again(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "renewed")
        await put(store, "again")
        place.advance(TTL_SECONDS - SLACK_SECONDS)
        await store.delete("again", final=False)
        await put(store, "again")
        await put(store, "renewed", expect=version)
        place.advance(2 * SLACK_SECONDS)
        same(await store.purge(100), 0, "neither has expired")
        place.advance(TTL_SECONDS)
        same(await store.purge(100), 2, "both have expired now")
