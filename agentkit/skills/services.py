"""A service that a skill asks: its client, and what the model is told when it does not answer."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from agentkit import _json
from agentkit._log import EventLogger
from agentkit.errors import ToolError
from agentkit.escape import escape_all
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.fetching import Fetch, FetchError, HttpClient, Reply, send

SORRY = "The service cannot be reached right now. Please try again later."


class Service:
    """Asks on behalf of a skill.

    Args:
        client: sends requests.
        logger: where failures are told, by host alone: paths and queries may hold keys.
        sorry: what the model is told of a failure.
    """

    def __init__(self, client: HttpClient, logger: EventLogger, sorry: str = SORRY) -> None:
        self._client = client
        self._logger = logger
        self._sorry = sorry

    def reply(self, fetch: Fetch) -> Reply:
        """Return a good reply.

        Raises:
            ToolError: there is none; its text is for the model.
        """
        host = urlsplit(fetch.url).hostname
        try:
            found = self._client(fetch)
        except FetchError as error:
            self._logger.warning("skill_service_failed", host=host, reason=str(error))
            raise ToolError(self._sorry) from error
        if not found.is_good:
            self._logger.warning("skill_service_failed", host=host, status=found.status)
            raise ToolError(self._sorry)
        return found

    def json(self, fetch: Fetch) -> Any:
        """Return the plain data of a good reply, escaped: no text in it opens an expression.

        Raises:
            ToolError: there is none.
        """
        try:
            return escape_all(self.reply(fetch).json())
        except FetchError as error:
            host = urlsplit(fetch.url).hostname
            self._logger.warning("skill_service_failed", host=host, reason=str(error))
            raise ToolError(self._sorry) from error

    def get(self, url: str, query: JSON | None = None, **options: Any) -> Any:
        """Return what a GET gives, as `json` does."""
        asked = f"{url}?{urlencode(query)}" if query else url
        return self.json(Fetch(url=asked, **options))

    def post(self, url: str, data: JSON, headers: dict[str, str], **options: Any) -> Any:
        """Return what a POST of data gives, as `json` does."""
        told = {"Content-Type": "application/json", **headers}
        return self.json(
            Fetch(url=url, method="POST", headers=told, body=_json.encode(data), **options)
        )


def service_of(skill: SkillBase, sorry: str = SORRY) -> Service:
    """Return what a skill asks by: the `http_client` of its parameters, else the default."""
    return Service(skill.params.get("http_client") or send, skill.logger, sorry)


def at(data: object, *path: str | int) -> Any:
    """Return what stands at a path in plain data, None when it is not there.

    What a service answers may have any shape.
    """
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and -len(data) <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def dicts(data: object, *path: str | int) -> list[JSON]:
    """Return the dicts in the list at a path, none when there is no list."""
    found = at(data, *path)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def clipped(text: object, most: int) -> str:
    """Return a text no longer than `most` characters, with a mark where it was cut."""
    whole = text if isinstance(text, str) else ""
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"
