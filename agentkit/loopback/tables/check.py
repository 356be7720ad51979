"""Checks documents against the tables.

Everything that the tables do not have is a finding. A finding is `taken` when the platform is known
to make something of it all the same: numbers and booleans in texts, one value for an array of one,
a play URL for the body of `play` (facts 1.2). The words of a finding start with the path.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from math import isfinite
from typing import Any

from msgspec import Struct

from agentkit.loopback.tables import kinds
from agentkit.loopback.tables.presence import broken_rules, listed
from agentkit.loopback.tables.verbs import VERBS

MAX_FINDINGS = 100
"""Findings that are told of one document."""
_NEARLY_THE_SAME = 0.9
_FAR = 1000
_HOLDS: dict[type[kinds.Kind], type] = {
    kinds.Items: list,
    kinds.Verbs: list,
    kinds.Table: dict,
    kinds.Document: dict,
}
_TRUE_OR_FALSE = frozenset(("true", "false", "yes", "no", "on", "off", "0", "1"))


class Finding(Struct, frozen=True):
    """Something in a document that the tables do not have.

    Attributes:
        path: where, such as `sections.main[0].play.url`.
        text: what.
        taken: whether the platform is known to make something of it.
    """

    path: str
    text: str
    taken: bool = False


class _Full(Exception):
    """There are enough findings."""


Found = list[Finding]
Check = Callable[[Any, Any, str, Found], None]


def check_document(document: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what the tables say against a document, in its order."""
    found: Found = []
    with suppress(_Full):
        _document(kinds.Document(), document, "", found)
    return tuple(found)


def _add(found: Found, path: str, text: str, *, taken: bool = False) -> None:
    if len(found) >= MAX_FINDINGS:
        raise _Full
    found.append(Finding(path or "document", text, taken))


def _check(kind: kinds.Kind, value: Any, path: str, found: Found) -> None:
    _CHECKS[type(kind)](kind, value, path, found)


def _document(_: kinds.Document, value: Any, path: str, found: Found) -> None:
    for key in value.keys() - {"version", "sections"}:
        _add(found, _join(path, key), "unknown field")
    if value.get("version", "1.0.0") != "1.0.0":
        _add(found, _join(path, "version"), "is not 1.0.0")
    sections = value.get("sections")
    if not isinstance(sections, dict) or "main" not in sections:
        _add(found, _join(path, "sections"), "has no section `main`")
    if isinstance(sections, dict):
        for name, verbs in sections.items():
            _verbs(_ALL_VERBS, verbs, _join(path, f"sections.{name}"), found)


_ALL_VERBS = kinds.Verbs()


def _verbs(kind: kinds.Verbs, value: Any, path: str, found: Found) -> None:
    if not isinstance(value, list):
        _add(found, path, f"{_name(value)}, wanted an array of verbs")
        return
    for at, verb in enumerate(value):
        _verb(kind, verb, f"{path}[{at}]", found)


def _verb(kind: kinds.Verbs, verb: Any, path: str, found: Found) -> None:
    if isinstance(verb, str) and verb in VERBS:
        _add(found, path, f'"{verb}" is a text, wanted an object with the verb', taken=True)
        return
    if not isinstance(verb, dict) or len(verb) != 1:
        keys = f"{len(verb)} keys" if isinstance(verb, dict) else _name(verb)
        _add(found, path, f"{keys}, wanted an object with one verb")
        return
    [(name, body)] = verb.items()
    table = VERBS.get(name)
    if table is None:
        _add(found, path, f'"{name[:80]}" is no verb{_meant(name, VERBS)}')
    elif kind.only and name not in kind.only:
        _add(found, path, f'"{name}" may not stand here')
    elif body is None and name != "return":
        _add(found, f"{path}.{name}", "null, wanted a body", taken=True)
    else:
        _check(table, body, f"{path}.{name}", found)


def _fields(kind: kinds.Fields, value: Any, path: str, found: Found) -> None:
    if not isinstance(value, dict):
        taken = isinstance(value, str | list) and path.endswith(".play")  # facts 1.2
        _add(found, path, f"{_name(value)}, wanted an object", taken=taken)
        return
    for key, item in value.items():
        inner = kind.known.get(key)
        if inner is not None:
            _check(inner, item, _join(path, key), found)
        elif not kind.open:
            _add(found, _join(path, key[:80]), f"unknown field{_meant(key, kind.known)}")
    if kind.open:
        _misspelt(kind, value, path, found)
    for wrong in broken_rules(kind, value):
        _add(found, path, wrong)


def _misspelt(kind: kinds.Fields, value: Mapping[str, Any], path: str, found: Found) -> None:
    """Find fields that are nearly known where any others may stand."""
    unknown = [key for key in value if key not in kind.known]
    for key in unknown[:MAX_FINDINGS]:  # to compare each takes a while
        if meant := _meant(key, kind.known, _NEARLY_THE_SAME):
            _add(found, _join(path, key[:80]), f"unknown field{meant}")


def _table(kind: kinds.Table, value: Any, path: str, found: Found) -> None:
    if not isinstance(value, dict):
        _add(found, path, f"{_name(value)}, wanted an object")
        return
    for key, item in value.items():
        _check(kind.value, item, _join(path, key[:80]), found)
    for key in kind.need:
        if key not in value:
            _add(found, path, f"has no `{key}`")


def _items(kind: kinds.Items, value: Any, path: str, found: Found) -> None:
    if not isinstance(value, list):
        _add(
            found,
            path,
            f"{_name(value)}, wanted an array",
            taken=not _strangeness(kind.item, value),
        )
        return
    if len(value) < kind.least or (kind.most is not None and len(value) > kind.most):
        _add(found, path, f"has {len(value)} items, wanted {_range(kind.least, kind.most)}")
    for at, item in enumerate(value):
        _check(kind.item, item, f"{path}[{at}]", found)


def _text(kind: kinds.Text, value: Any, path: str, found: Found) -> None:
    if not isinstance(value, str):
        _add(found, path, f"{_name(value)}, wanted a text", taken=isinstance(value, int | float))
    elif _is_var(value):
        return
    elif (kind.words and value not in kind.words) or value in kind.never:
        _add(found, path, f"{_short(value)} {_wanted(kind)}")
    elif kind.starts and not value.startswith(kind.starts):
        _add(found, path, f"{_short(value)} begins with none of {listed(kind.starts)}")


def _wanted(kind: kinds.Text) -> str:
    return f"is none of {listed(kind.words)}" if kind.words else "may not be used"


def _number(kind: kinds.Number, value: Any, path: str, found: Found) -> None:
    if isinstance(value, str) and _is_var(value):
        if not kind.var:
            _add(found, path, "a variable, wanted a number", taken=True)
        return
    number = _numeric(value)
    wanted = "an integer" if kind.whole else "a number"
    if number is None:
        _add(found, path, f"{_name(value)}, wanted {wanted}")
        return
    if isinstance(value, str | bool):
        _add(found, path, f"{_name(value)}, wanted {wanted}", taken=True)
    elif kind.whole and number != int(number):
        _add(found, path, f"{value} is no integer", taken=True)
    if not _within(kind, number):
        _add(found, path, f"{value} is not {_range(kind.low, kind.high)}")


def _flag(kind: kinds.Flag, value: Any, path: str, found: Found) -> None:
    if isinstance(value, bool) or (isinstance(value, str) and _is_var(value)):
        return
    taken = value in {0, 1} if isinstance(value, int | float) else _says_flag(value)
    _add(found, path, f"{_name(value)}, wanted true or false", taken=taken)


def _either(kind: kinds.Either, value: Any, path: str, found: Found) -> None:
    """Hold a value against the kind that it looks most like."""
    best = min(kind.kinds, key=lambda one: _strangeness(one, value))
    _check(best, value, path, found)


def _strangeness(kind: kinds.Kind, value: Any) -> int:
    """Say how little a value looks like a kind, without looking into what it holds.

    Looking deeper would hold what nests against every kind at every level: twice the work for each.
    """
    if isinstance(kind, kinds.Fields):
        return _unlike(kind, value) if isinstance(value, dict) else _FAR
    holds = _HOLDS.get(type(kind))
    if holds is not None:
        return 0 if isinstance(value, holds) else _FAR
    against: Found = []
    _check(kind, value, "", against)
    return sum(1 if finding.taken else _FAR // 2 for finding in against)


def _unlike(kind: kinds.Fields, value: Mapping[str, Any]) -> int:
    """Count unknown and absent keys; a key with only one word, such as `type`, weighs more."""
    strange = sum(key not in kind.known for key in value) * (not kind.open)
    strange += sum(key not in value for key in kind.need)
    for key, inner in kind.known.items():
        if isinstance(inner, kinds.Text) and len(inner.words) == 1 and key in value:
            strange += 10 * (value[key] != inner.words[0])
    return strange


def _later(kind: kinds.Later, value: Any, path: str, found: Found) -> None:
    _check(kind.table[kind.name], value, path, found)


def _null(_: kinds.Null, value: Any, path: str, found: Found) -> None:
    if value is not None:
        _add(found, path, f"{_name(value)}, wanted null")


def _anything(_: kinds.Kind, value: Any, path: str, found: Found) -> None:
    """Everything is right."""


def _is_var(value: str) -> bool:
    """Say whether a text is wholly a reference, as the schema does: `[$%]{…}`."""
    return value[:2] in {"${", "%{"} and value.endswith("}")


def _numeric(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and isfinite(number) else None


def _within(kind: kinds.Number, number: float) -> bool:
    return (kind.low is None or number >= kind.low) and (kind.high is None or number <= kind.high)


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"between {low:g} and {high:g}"


def _says_flag(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in _TRUE_OR_FALSE


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _meant(name: str, known: Iterable[str], likeness: float = 0.75) -> str:
    near = get_close_matches(name[:80], known, n=1, cutoff=likeness)
    return f"; `{near[0]}` is one" if near else ""


def _short(value: Any) -> str:
    return f'"{value[:40]}"' if isinstance(value, str) else str(value)[:40]


def _name(value: Any) -> str:
    """Say what a value is, in a word or two."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {_short(value)}"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    return "an object" if isinstance(value, dict) else "an array"


_CHECKS: dict[type[kinds.Kind], Check] = {
    kinds.Anything: _anything,
    kinds.Document: _document,
    kinds.Either: _either,
    kinds.Fields: _fields,
    kinds.Flag: _flag,
    kinds.Items: _items,
    kinds.Later: _later,
    kinds.Null: _null,
    kinds.Number: _number,
    kinds.Table: _table,
    kinds.Text: _text,
    kinds.Verbs: _verbs,
}
