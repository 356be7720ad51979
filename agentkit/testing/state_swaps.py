"""Cases of the state contract: versions, conflicts, repeated writes and writers that race."""

from collections.abc import Awaitable, Callable
from functools import partial

from agentkit.errors import StateConflict
from agentkit.state.base import ABSENT, ANY, WRITE_IDS_KEPT, StateBackend
from agentkit.testing.state_checks import (
    CONTENDERS,
    Place,
    Promises,
    at_once,
    differ,
    opened,
    put,
    read,
    refused,
    same,
    until_it_wins,
    wins,
)

promises = Promises()


@promises
async def _an_unknown_key_has_no_record(place: Place) -> None:
    async with opened(place) as store:
        same(await store.get("k"), None, "a key that was never written is absent")


@promises
async def _every_write_makes_another_version(place: Place) -> None:
    async with opened(place) as store:
        versions = [await put(store, "k", expect=ANY) for _ in range(5)]
        same(len(set(versions)), 5, "no two writes make the same version")
        same((await read(store, "k")).version, versions[-1], "a get tells the last version")


@promises
async def _a_swap_of_the_version_read_replaces_the_value(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", b"old")
        same((await read(store, "k")).version, version, "a put answers the version that is read")
        await put(store, "k", b"new", expect=version)
        same((await read(store, "k")).data, b"new", "a swap of the current version succeeds")


@promises
async def _a_swap_of_an_old_version_is_refused(place: Place) -> None:
    async with opened(place) as store:
        old = await put(store, "k", b"1")
        await put(store, "k", b"2", expect=old)
        await refused(StateConflict, put(store, "k", b"3", expect=old), "an old version conflicts")
        same((await read(store, "k")).data, b"2", "a refused put changes nothing")


@promises
async def _a_version_is_not_expected_of_an_absent_key(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k")
        write = put(store, "other", expect=version)
        await refused(StateConflict, write, "an absent key has no version to swap")
        same(await store.get("other"), None, "a refused put creates nothing")


@promises
async def _a_present_key_is_not_created_again(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", b"1")
        write = put(store, "k", b"2", expect=ABSENT)
        await refused(StateConflict, write, "ABSENT conflicts with a record")
        same((await read(store, "k")).data, b"1", "a refused put changes nothing")


@promises
async def _any_version_can_be_overwritten_explicitly(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", b"1", expect=ANY)
        await put(store, "k", b"2", expect=ANY)
        same((await read(store, "k")).data, b"2", "ANY writes absent and present keys")


@promises
async def _a_nonsense_version_is_a_conflict(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k")
        for nonsense in ("", "0", "absent", "any", "x.y", "\U0001f600"):
            write = put(store, "k", expect=nonsense)
            await refused(StateConflict, write, f"the version {nonsense!r} matches nothing")


@promises
async def _a_record_made_again_does_not_answer_to_old_versions(place: Place) -> None:
    async with opened(place) as store:
        old = await put(store, "k", b"1")
        await store.delete("k", final=False)
        new = await put(store, "k", b"2")
        differ(old, new, "a record made again has another incarnation")
        write = put(store, "k", b"3", expect=old)
        await refused(StateConflict, write, "a version of a deleted record matches nothing")


@promises
async def _a_repeated_write_is_answered_with_its_version(place: Place) -> None:
    async with opened(place) as store:
        first = await put(store, "k", b"1", write_id="a")
        again = await put(store, "k", b"1", write_id="a")
        same(again, first, "the same write id is answered with the version made the first time")
        second = await put(store, "k", b"2", expect=first, write_id="b")
        differ(second, first, "another write id is another write")
        again = await put(store, "k", b"1", write_id="a")
        same(again, first, "also after other writes, whatever version it expects")
        same((await read(store, "k")).data, b"2", "a repeated write writes nothing")


@promises
async def _the_last_write_ids_are_remembered(place: Place) -> None:
    async with opened(place) as store:
        ids = [f"write-{number}" for number in range(WRITE_IDS_KEPT)]
        versions = [await put(store, "k", expect=ANY, write_id=each) for each in ids]
        again = [await put(store, "k", expect=ANY, write_id=each) for each in ids]
        same(again, versions, f"the last {WRITE_IDS_KEPT} write ids are answered")
        same((await read(store, "k")).version, versions[-1], "and none is applied twice")


@promises
async def _a_write_without_an_id_is_no_other_write(place: Place) -> None:
    async with opened(place) as store:
        if not store.capabilities.certain:
            return
        first = await put(store, "k", b"1", write_id="a")
        nameless = [await put(store, "k", b"2", expect=ANY, write_id="") for _ in range(2)]
        same(len({first, *nameless}), 3, "each write without an id is one")
        same((await read(store, "k")).version, nameless[-1], "and is applied")
        again = await put(store, "k", b"1", write_id="a")
        same(again, first, "the ids from before are still answered")
        ids = [f"write-{number}" for number in range(WRITE_IDS_KEPT)]
        versions = [await put(store, "other", expect=ANY, write_id=each) for each in ("", *ids)]
        known = [await put(store, "other", expect=ANY, write_id=each) for each in ids]
        same(known, versions[1:], "and so are those that come after")


@promises
async def _a_write_id_belongs_to_one_key(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k", b"1", write_id="a")
        await put(store, "other", b"2", write_id="a")
        same((await read(store, "other")).data, b"2", "another key has other write ids")


@promises
async def _a_refused_write_may_be_repeated_against_another_version(place: Place) -> None:
    async with opened(place) as store:
        current = await put(store, "k", b"1")
        write = put(store, "k", b"2", write_id="a")
        await refused(StateConflict, write, "ABSENT conflicts with a record")
        await put(store, "k", b"2", expect=current, write_id="a")
        same((await read(store, "k")).data, b"2", "a refused write leaves no write id behind")


async def _one_wins(
    store: StateBackend, contend: Callable[[StateBackend, int], Awaitable[bool]], promise: str
) -> None:
    """Let many write their numbers under one key at once, and hold the store to a promise."""
    winners = await at_once(store, contend)
    same(sum(winners), 1, promise)
    data = (await read(store, "k")).data
    same(data, b"%d" % winners.index(True), "and the winner's value is stored")


@promises
async def _one_of_many_swaps_of_a_version_wins(place: Place) -> None:
    async with opened(place) as store:
        version = await put(store, "k", b"start")

        async def contend(store: StateBackend, number: int) -> bool:
            return await wins(put(store, "k", b"%d" % number, expect=version))

        await _one_wins(store, contend, "exactly one swap of a version succeeds")


@promises
async def _one_of_many_creations_wins(place: Place) -> None:
    async with opened(place) as store:

        async def contend(store: StateBackend, number: int) -> bool:
            return await wins(put(store, "k", b"%d" % number))

        await _one_wins(store, contend, "exactly one creation of a key succeeds")


@promises
async def _one_of_many_deletes_finds_the_record(place: Place) -> None:
    async with opened(place) as store:
        await put(store, "k")

        async def contend(store: StateBackend, number: int) -> bool:
            return await store.delete("k")

        same(sum(await at_once(store, contend)), 1, "exactly one delete finds the record")


@promises
async def _a_write_repeated_at_the_same_time_is_applied_once(place: Place) -> None:
    async with opened(place) as store:

        async def contend(store: StateBackend, number: int) -> str:
            return await put(store, "k", write_id="a")

        versions = await at_once(store, contend)
        same(len(set(versions)), 1, "all are answered with the one version")


@promises
async def _a_counter_swapped_by_many_is_exact(place: Place) -> None:
    rounds = 10
    async with opened(place) as store:
        await put(store, "k", b"0")

        async def count(store: StateBackend, number: int) -> None:
            for _ in range(rounds):
                await until_it_wins(partial(_count_up, store))

        await at_once(store, count)
        data = (await read(store, "k")).data
        same(int(data), CONTENDERS * rounds, "no acknowledged swap is lost or applied twice")


async def _count_up(store: StateBackend) -> None:
    record = await read(store, "k")
    await put(store, "k", b"%d" % (int(record.data) + 1), expect=record.version)
