"""Chat completions from any endpoint that speaks OpenAI's API.

ModelError
├── ModelRefused      the endpoint does not take the request: key, model, arguments
├── ModelUnavailable  it cannot be reached, is busy or fails, also when asked again
└── ModelReplyError   what it answered is no completion

A key is in no message of an error, whatever the endpoint repeats of it.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio.to_thread
import msgspec
from msgspec import Struct

from agentkit import _json
from agentkit.errors import AgentKitError, DefinitionError
from agentkit.loopback.extras import need
from agentkit.testing.transcript import without_secrets

BASE_URL, API_KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"
"""The environment variables that say which endpoint to use."""

Data = dict[str, Any]

_BUSY = 429
_FAILED = range(500, 600)
_OK = 200
_EXCERPT = 200
_RETRIES = 4
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 30.0


class ModelError(AgentKitError):
    """A model could not be asked, or did not answer as models do."""


class ModelRefused(ModelError):
    """The endpoint does not take the request.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ModelUnavailable(ModelError):
    """The endpoint cannot be reached, is busy or fails, also when asked again."""


class ModelReplyError(ModelError):
    """What the endpoint answered is no completion."""


class ModelCall(Struct, frozen=True):
    """One function call in a completion; arguments is the model's text."""

    name: str
    arguments: str


class Completion(Struct, frozen=True):
    """What a model answered."""

    text: str
    calls: tuple[ModelCall, ...] = ()


class _Named(Struct):
    name: str
    arguments: str = ""


class _Asked(Struct):
    function: _Named


class _Message(Struct):
    content: str | None = None
    tool_calls: list[_Asked] | None = None


class _Choice(Struct):
    message: _Message


class _Body(Struct):
    choices: list[_Choice]


class Endpoint:
    """One model at one endpoint.

    Args:
        model: its name; OPENAI_MODEL by default.
        base_url: such as `http://127.0.0.1:11434/v1`; OPENAI_BASE_URL by default.
        api_key: OPENAI_API_KEY by default; endpoints on one's own machine need none.
        options: further members of each request, such as `{"temperature": 0}`.
        timeout_seconds: how long one answer may take.
        sleep: waits for so many seconds between attempts.

    Raises:
        DefinitionError: the model or the URL is neither given nor in the environment.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        options: Mapping[str, Any] | None = None,
        timeout_seconds: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = model or _required(MODEL, "the name of a model")
        base = base_url or _required(BASE_URL, "the URL of an endpoint")
        self._url = f"{base.rstrip('/')}/chat/completions"
        self._key = api_key if api_key is not None else os.environ.get(API_KEY, "")
        self._options = dict(options or {})
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep

    async def complete(self, messages: list[Data], tools: Sequence[Data] = ()) -> Completion:
        """Ask the model, again where the endpoint is busy or fails.

        It is asked in a worker thread, so that a call's clock waits for it in real time.

        Args:
            messages: the conversation, as the API has it.
            tools: the functions that it may call, as the API has them.

        Raises:
            ModelError: there is no completion; see its kinds.
        """
        body: Data = {**self._options, "model": self.model, "messages": messages}
        if tools:
            body["tools"] = list(tools)
        return await anyio.to_thread.run_sync(self._ask, _json.encode(body))

    def _ask(self, body: bytes) -> Completion:
        wait = _FIRST_WAIT_SECONDS
        why = ""
        for attempt in range(_RETRIES + 1):
            if attempt:
                self._sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            status, headers, answer, why = self._post(body)
            if status == _OK:
                return self._read(answer)
            if status and status != _BUSY and status not in _FAILED:
                raise ModelRefused(self._clean(why), status)
            wait = max(wait, min(_seconds(headers.get("retry-after")), _LONGEST_WAIT_SECONDS))
        raise ModelUnavailable(self._clean(f"asked {_RETRIES + 1} times: {why}"))

    def _post(self, body: bytes) -> tuple[int, Mapping[str, str], bytes, str]:
        httpx = need("httpx2", "a model as brain")
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            answer = httpx.post(
                self._url, content=body, headers=headers, timeout=self._timeout_seconds
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return 0, {}, b"", f"{self._url} cannot be reached: {error or type(error).__name__}"
        excerpt = answer.text[:_EXCERPT]
        why = f"{self._url} answered {answer.status_code}: {excerpt}"
        return answer.status_code, answer.headers, answer.content, why

    def _read(self, answer: bytes) -> Completion:
        try:
            body = msgspec.json.decode(answer, type=_Body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            excerpt = answer[:_EXCERPT].decode("utf-8", "replace")
            told = f"the answer of {self._url} is no completion, {error}: {excerpt}"
            raise ModelReplyError(self._clean(told)) from None
        if not body.choices:
            raise ModelReplyError(self._clean(f"the answer of {self._url} has no choices"))
        message = body.choices[0].message
        asked = [each.function for each in message.tool_calls or []]
        calls = tuple(ModelCall(each.name, each.arguments or "{}") for each in asked)
        return Completion((message.content or "").strip(), calls)

    def _clean(self, text: str) -> str:
        hidden = text.replace(self._key, "…") if self._key else text
        return without_secrets(hidden)


def _required(variable: str, what: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise DefinitionError(f"{what} is needed: give it, or set {variable}")
    return value


def _seconds(text: str | None) -> float:
    """Return what a Retry-After header says, 0 when it says no number."""
    return float(text) if text and text.isdecimal() else 0.0
