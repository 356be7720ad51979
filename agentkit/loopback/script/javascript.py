"""JavaScript expressions of a document, kept away from everything but their scopes.

The platform evaluates `${…}` and conditions with V8; here QuickJS does. One engine serves every
call of a thread, because making one costs a hundred evaluations. So that no expression can leave
anything behind for the next one, every object that expressions can reach is frozen, and scopes come
in as JSON and results go out as JSON. Time and chance are the call's own: `new Date()` says the
call's clock and `Math.random()` depends on the evaluation's number, so that a call plays the same
way again.
"""

import threading
from typing import Any

from agentkit import _json
from agentkit.loopback.errors import CallError

try:
    import quickjs  # type: ignore[import-untyped]  # it has no stubs
except ImportError:  # pragma: no cover - the test takes the name away
    quickjs = None

MAX_CHARACTERS = 1024
"""Longest expression (the platform wants fewer than 1,024 characters: facts 5.2)."""
MAX_SECONDS = 0.15
"""CPU time that one expression may take (facts 5.2)."""
MAX_RESULT = 1_000_000
"""Longest value of an expression, in characters of JSON; the platform's own limit is not known."""
MAX_BYTES = 32 << 20
"""Memory that the engine may hold; the platform's own limit is not known."""

_PRELUDE = """
(function () {
  'use strict';
  for (const name of ['performance', 'DOMException', 'btoa', 'atob', 'Atomics', 'queueMicrotask',
                      'SharedArrayBuffer', 'WeakRef', 'FinalizationRegistry'])
    delete globalThis[name];
  let now = 0, seed = 1;
  const Real = Date;
  const Clock = function Date(...given) {
    if (!new.target) return new Real(now).toString();
    return given.length ? Reflect.construct(Real, given, new.target)
                        : Reflect.construct(Real, [now], new.target);
  };
  Clock.prototype = Real.prototype;
  Clock.prototype.constructor = Clock;
  Clock.parse = Real.parse; Clock.UTC = Real.UTC;
  Clock.now = () => now;
  globalThis.Date = Clock;
  Math.random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const stringify = JSON.stringify, parse = JSON.parse, text = String;
  const plain = (key, value) => typeof value === 'bigint' ? text(value) : value;
  const run = RUN;
  const seen = new Set();
  const harden = (value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
    if (seen.has(value)) return;
    seen.add(value);
    const parts = [Object.getPrototypeOf(value)];
    for (const key of Reflect.ownKeys(value)) {
      const it = Object.getOwnPropertyDescriptor(value, key);
      parts.push(it.value, it.get, it.set);
    }
    Object.freeze(value);
    parts.forEach(harden);
  };
  const hidden = [function* () {}, async function () {}, async function* () {}, /a/,
                  [][Symbol.iterator](), 'a'[Symbol.iterator](), new Map().entries(),
                  new Set().entries(), 'a'.matchAll(/a/g)];
  hidden.forEach(harden);
  harden(globalThis);
  return (source, scopes, at, chance, truth) => {
    now = at; seed = chance % 2147483646 + 1;
    const value = run(source, parse(scopes));
    if (truth) return value ? 'true' : 'false';
    const out = stringify(value, plain);
    return out === undefined ? '' : out;
  };
})()
"""
# Sloppy mode, because `with` looks names up in the order of the scopes; its own names are the
# scopes' and nothing else. `eval` gives the value of the last statement, as running a script does.
_RUN = """
(0, eval)(`(function () {
  const inner = function (call, envs, vars, params) {
    with (call) with (envs) with (vars) with ({call, envs, vars, params})
      return eval(arguments[4]);
  };
  return (source, scopes) => inner(scopes.call, scopes.envs, scopes.vars, scopes.params, source);
})()`)
"""


class ScriptFault(Exception):
    """An expression cannot be evaluated; the text says why, in the engine's words."""


_local = threading.local()


def evaluate(source: str, scopes: bytes, at_ms: int, chance: int) -> Any:
    """Return the value of an expression as JSON data; what JSON does not know is an empty text.

    Args:
        source: the JavaScript.
        scopes: a JSON object with the objects `vars`, `envs`, `call` and `params`. Names without
            a scope are looked up in vars, then envs, then call (facts 5.2).
        at_ms: what `Date.now()` says.
        chance: what `Math.random()` depends on.

    Raises:
        ScriptFault: it is too long, takes too long, makes too much, or throws.
        CallError: the extra `loopback` is not installed.
    """
    out = _evaluated(source, scopes, at_ms, chance, truth=False)
    if len(out) > MAX_RESULT:
        raise ScriptFault(f"its value is larger than {MAX_RESULT} characters of JSON")
    return _json.decode(out) if out else ""


def is_true(source: str, scopes: bytes, at_ms: int, chance: int) -> bool:
    """Say whether the value of an expression is true in JavaScript's sense; arguments as above.

    Raises:
        ScriptFault: as of `evaluate`.
        CallError: as of `evaluate`.
    """
    return _evaluated(source, scopes, at_ms, chance, truth=True) == "true"


def _evaluated(source: str, scopes: bytes, at_ms: int, chance: int, *, truth: bool) -> str:
    if len(source) >= MAX_CHARACTERS:
        raise ScriptFault(f"longer than {MAX_CHARACTERS - 1} characters")
    if not _is_text(source):
        raise ScriptFault("not Unicode text")
    engine = _engine(source)
    try:
        # A float, because integers go into the engine with 32 bits.
        return str(engine(source, scopes.decode(), float(at_ms), chance, truth))
    except quickjs.JSException as error:
        said = str(error).split("\n", maxsplit=1)[0].strip()
        if said.startswith("InternalError"):  # out of time or memory: what it holds goes with it
            _local.engine = None
        raise ScriptFault(said) from None


def _is_text(source: str) -> bool:
    """Half a surrogate pair cannot be handed to the engine."""
    return not any("\ud800" <= character <= "\udfff" for character in source)


def _engine(source: str) -> Any:
    engine = getattr(_local, "engine", None)
    if engine is None:
        engine = _local.engine = _made(source)
    return engine


def _made(source: str) -> Any:
    if quickjs is None:
        raise CallError(
            f"{source!r} is JavaScript, which needs quickjs-ng:"
            " pip install 'agentkit-swml[loopback]'"
        )
    context = quickjs.Context()
    context.set_memory_limit(MAX_BYTES)
    engine = context.eval(_PRELUDE.replace("RUN", _RUN))
    context.set_time_limit(MAX_SECONDS)
    return engine
