"""The skill `play_background_file`: the model starts and stops files behind a call."""

import re
from collections.abc import Mapping
from typing import ClassVar

from agentkit.datamap import DataMap
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter, refuse
from agentkit.swaig.result import SwaigFunctionResult

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_FIELDS = ("key", "description", "url")


class BackgroundFileSkill(SkillBase):
    """Plays files; the platform answers the tool itself, by the action that the model chose."""

    SKILL_NAME: ClassVar[str] = "play_background_file"
    SKILL_DESCRIPTION: ClassVar[str] = "Play files in the background of a call."
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `files` and `tool_name`."""
        files = "Dicts with `key`, `description`, `url`, and `wait` to play a file to its end."
        return {
            **super().get_parameter_schema(),
            "files": parameter("array", files, required=True),
        }

    def setup(self) -> bool:
        """Check the files."""
        files = self.param("files")
        if not files:
            refuse(type(self), "parameter 'files' must have at least one file")
        for number, file in enumerate(files):
            self._check(number, file)
        keys = [file["key"].lower() for file in files]
        for at, key in enumerate(keys):
            if earlier := [each for each in keys[:at] if key.startswith(each)]:
                refuse(
                    type(self), f"would play {earlier[0]!r} when {key!r} is wanted: name it before"
                )
        return True

    def register_tools(self) -> None:
        """Register `play_background_file`, which the platform answers itself."""
        name, files = self.param("tool_name"), self.param("files")
        told = "; ".join(f"start_{file['key']}: {file['description']}" for file in files)
        made = (
            DataMap(name)
            .description(f"Control background file playback for {name.replace('_', ' ')}")
            .parameter(
                "action",
                "string",
                f"Action to perform. Options: {told}; stop: {_STOP}",
                required=True,
                enum=[*(f"start_{file['key']}" for file in files), "stop"],
            )
        )
        for file in files:
            made.expression("${args.action}", f"/start_{file['key']}/i", _started(file))
        stopped = SwaigFunctionResult(
            "Tell the user you have stopped the background file playback."
        )
        made.expression("${args.action}", "/stop/i", stopped.stop_background_file())
        self.register_data_map(made, wait_for_fillers=True, skip_fillers=True)

    def _check(self, number: int, file: object) -> None:
        given = file if isinstance(file, Mapping) else {}
        for field in _FIELDS:
            if not isinstance(given.get(field), str) or not given[field]:
                refuse(type(self), f"parameter 'files': file {number} needs the text {field!r}")
        if not _KEY.fullmatch(given["key"]):
            refuse(
                type(self), f"parameter 'files': the key {given['key']!r} may have A-Z a-z 0-9 _ -"
            )


def _started(file: Mapping[str, object]) -> SwaigFunctionResult:
    told = f"Tell the user you are now going to play {file['description']} for them."
    result = SwaigFunctionResult(told, post_process=True)
    return result.play_background_file(str(file["url"]), wait=bool(file.get("wait")))


_STOP = "Stop any currently playing background file"
