"""Draws documents from the tables: mostly right, now and then strange."""

from collections.abc import Callable
from random import Random
from typing import Any

from agentkit import _json
from agentkit.loopback.tables.kinds import (
    Either,
    Fields,
    Flag,
    Items,
    Kind,
    Later,
    Number,
    Table,
    Text,
    Verbs,
)  # fmt: skip
from agentkit.loopback.tables.verbs import VERBS
from agentkit.loopback.webhook import Answer, Webhook

URL = "https://example.com/x"
FLOW = ("goto", "label", "cond", "switch", "set", "execute", "transfer", "return", "play", "unset",
        "connect", "request", "enter_queue")  # fmt: skip
TEXTS = ("", "a", "main", "s", URL, "${a}", "%{b.c}", "${1+1}", "${", "true", "5", "say:x",
         "silence:1", "${vars}", "${call}", "\U0001f600", "${throw 1}", "${[1,2,3]}", "vars.a == 1",
         "vars.a")  # fmt: skip
STRANGE: tuple[Any, ...] = (
    None, True, -1, 2**63 - 1, 1e308, [], {}, [None, [""]], {"": {"a": []}}, {"vars.a": "${vars}"},
    *TEXTS,
)  # fmt: skip
DEEPEST = 7


class Drawing:
    """Draws documents and the answers of a wire; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._of: dict[type[Kind], Callable[[Any, int], Any]] = {
            Text: self._text,
            Number: lambda kind, depth: self.random.choice((0, 1, 3, "5", "${a}", 1.5, -1, 1e308)),
            Flag: lambda kind, depth: self.random.choice((True, False, "true", "${a}")),
            Items: lambda kind, depth: self._several(kind.item, depth),
            Table: self._table,
            Fields: self._fields,
            Either: lambda kind, depth: self.value(self.random.choice(kind.kinds), depth),
            Later: lambda kind, depth: self.value(kind.table[kind.name], depth),
            Verbs: lambda kind, depth: self.verbs(depth),
        }

    def document(self, depth: int = 0) -> dict[str, Any]:
        return {"sections": {name: self.verbs(depth) for name in ("main", "s", "a")}}

    def verbs(self, depth: int) -> list[Any]:
        return [self._verb(depth + 1) for _ in range(self.random.randrange(5))]

    def value(self, kind: Kind, depth: int) -> Any:
        draw = self._of.get(type(kind))
        if draw is None or depth > DEEPEST or self.random.random() < 0.05:
            return self.random.choice(STRANGE)
        return draw(kind, depth + 1)

    def _verb(self, depth: int) -> Any:
        if self.random.random() < 0.02:
            return self.random.choice(STRANGE)
        names = FLOW if self.random.random() < 0.6 else tuple(VERBS)
        name = self.random.choice(names)
        return {name: self.value(VERBS[name], depth)}

    def _text(self, kind: Text, depth: int) -> Any:
        starts = [f"{start}x" for start in kind.starts]
        return self.random.choice(kind.words or starts or TEXTS)

    def _several(self, kind: Kind, depth: int) -> list[Any]:
        return [self.value(kind, depth) for _ in range(self.random.randrange(3))]

    def _table(self, kind: Table, depth: int) -> dict[str, Any]:
        keys = self.random.choices(("a", "b", "default", "1", "success", "connected"), k=2)
        return {key: self.value(kind.value, depth) for key in keys}

    def _fields(self, kind: Fields, depth: int) -> dict[str, Any]:
        chosen = {*kind.need, *kind.one_of[:1]}
        return {
            key: self.value(inner, depth)
            for key, inner in kind.known.items()
            if self.random.random() < (0.95 if key in chosen else 0.2)
        }

    async def send(self, webhook: Webhook) -> Answer:
        return self.random.choice((
            Answer(0, error="timeout"), Answer(500, b"x"),
            Answer(200, b'{"a":[1]}', headers=(("x-a", "b"),)),
            *[Answer(200, _json.encode(self.document(3)))] * 3,
        ))  # fmt: skip
