"""The skill `claude_skills`: each folder with a `SKILL.md` becomes a tool that tells its text.

Files are read once, when the skill is added, and nothing of them is ever run. What the model passes
is put in the place of `$ARGUMENTS` as text that opens no expression of the platform.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import msgspec

from agentkit.escape import escape
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter, refuse
from agentkit.swaig.result import SwaigFunctionResult

FILE = "SKILL.md"
MOST_BYTES = 256 * 1024
"""Longest file that is read."""

LONGEST_ARGUMENTS = 2_000
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PLACE = re.compile(
    r"\$ARGUMENTS\[(\d{1,2})\]|\$(ARGUMENTS)\b|\$(\d{1,2})\b|\$\{CLAUDE_(SKILL_DIR|SESSION_ID)\}"
)
_ODD = re.compile(r"[^a-z0-9]+")
_WORDS = re.compile(r"[\s_-]+")
_FOLDERS = {"scripts": "Scripts", "assets": "Assets"}


class Document(msgspec.Struct, frozen=True):
    """A `SKILL.md` and what lies beside it.

    Attributes:
        name: from its front matter, else that of the folder.
        description: what the tool does.
        hint: what the argument is.
        body: the text.
        folder: where it is.
        is_told: it stands in the prompt.
        is_called: it is a tool.
        sections: other texts of the folder, by their path without `.md`.
        files: paths of scripts and assets, by the name of their list.
    """

    name: str
    description: str
    hint: str
    body: str
    folder: str
    is_told: bool = True
    is_called: bool = True
    sections: dict[str, str] = {}
    files: dict[str, list[str]] = {}


class ClaudeSkillsSkill(SkillBase):
    """Tells the texts of `SKILL.md` files."""

    SKILL_NAME: ClassVar[str] = "claude_skills"
    SKILL_DESCRIPTION: ClassVar[str] = "Tell the texts of SKILL.md files."
    REQUIRED_PACKAGES = ("yaml",)
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: the folder, which of its skills, and words around them."""
        schema = super().get_parameter_schema()
        del schema["tool_name"]  # instances are told apart by their folder
        return {**schema, **_PARAMETERS}

    def get_instance_key(self) -> str:
        """Tell instances apart by their folder."""
        path = str(Path(self.params["skills_path"]).expanduser().resolve())
        return f"{self.SKILL_NAME}_{sha256(path.encode()).hexdigest()[:8]}"

    def setup(self) -> bool:
        """Read the files."""
        if self.param("allow_shell_injection"):
            refuse(type(self), "runs no commands: 'allow_shell_injection' cannot be true")
        folder = Path(self.params["skills_path"]).expanduser()
        if not folder.is_dir():
            refuse(type(self), f"parameter 'skills_path': there is no folder {str(folder)!r}")
        self._documents = [
            self._ruled(self._read(each.parent))
            for each in sorted(folder.glob(f"*/{FILE}"))
            if self._wants(each.parent.name)
        ]
        return True

    def register_tools(self) -> None:
        """Register one tool a text."""
        for document in self._documents:
            if document.is_called:
                self._register(document)

    def get_hints(self) -> list[str]:
        """Return the words of the names."""
        words = (word for each in self._documents for word in _WORDS.split(each.name))
        return list(dict.fromkeys(word for word in words if word))

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model the texts."""
        return [
            {"title": each.name, "body": self._told(each)}
            for each in self._documents
            if each.is_told
        ]

    def _wants(self, name: str) -> bool:
        def fits(patterns: list[str]) -> bool:
            return any(fnmatch(name, pattern) for pattern in patterns)

        return fits(self.param("include")) and not fits(self.param("exclude"))

    def _ruled(self, document: Document) -> Document:
        if not self.param("ignore_invocation_control"):
            return document
        return msgspec.structs.replace(document, is_told=True, is_called=True)

    def _read(self, folder: Path) -> Document:
        text = _text_of(folder / FILE)
        front = _FRONT.match(text)
        told = self._front(folder, front[1]) if front else {}
        name = str(told.get("name") or folder.name)
        is_hidden = bool(told.get("disable-model-invocation", False))
        return Document(
            name=name,
            description=str(told.get("description") or f"Use the {name} skill").strip(),
            hint=str(told.get("argument-hint") or _ARGUMENTS),
            body=(text[front.end() :] if front else text).strip(),
            folder=str(folder),
            is_told=not is_hidden,
            is_called=not is_hidden and told.get("user-invocable", True) is not False,
            sections=dict(_sections(folder)),
            files=_files(folder) if self.param("allow_script_execution") else {},
        )

    def _front(self, folder: Path, written: str) -> JSON:
        yaml = import_module("yaml")
        try:
            found = yaml.safe_load(written)
        except yaml.YAMLError as error:
            refuse(type(self), f"cannot read the front matter of {folder.name}/{FILE}: {error}")
        return found if isinstance(found, dict) else {}

    def _register(self, document: Document) -> None:
        parameters: dict[str, JSON] = {
            "arguments": {"type": "string", "description": document.hint}
        }
        if document.sections:
            parameters["section"] = {
                "type": "string",
                "description": "Which reference section to load",
                "enum": list(document.sections),
            }
        self.define_tool(
            name=self._tool(document),
            description=self.param("skill_descriptions").get(document.name, document.description),
            parameters=parameters,
            handler=partial(self._answer, document),
            is_typed_handler=False,
        )

    def _tool(self, document: Document) -> str:
        return f"{self.param('tool_prefix')}{_ODD.sub('_', document.name.lower()).strip('_')}"[:64]

    def _told(self, document: Document) -> str:
        parts = [document.body]
        if document.sections and document.is_called:
            parts.append(
                f"Available reference sections: {', '.join(document.sections)}\n"
                f'Call {self._tool(document)}(section="<name>") to load a section.'
            )
        parts += [f"{title}: {', '.join(paths)}" for title, paths in document.files.items()]
        return "\n\n".join(parts)

    def _answer(self, document: Document, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        text = document.sections.get(str(args.get("section")), document.body)
        given = escape(str(args.get("arguments") or "").strip()[:LONGEST_ARGUMENTS])
        known = {"SKILL_DIR": document.folder, "SESSION_ID": str(raw_data.get("call_id") or "")}
        told = filled(text, given, known)
        around = (self.param("response_prefix"), told, self.param("response_postfix"))
        return SwaigFunctionResult("\n\n".join(part for part in around if part))


def filled(text: str, given: str, known: dict[str, str]) -> str:
    """Return a text with arguments in their places, or after it where it has none for them.

    Args:
        text: may have `$ARGUMENTS`, `$ARGUMENTS[0]`, `$0` and `${CLAUDE_SKILL_DIR}`.
        given: the arguments, escaped.
        known: what stands for `${CLAUDE_…}`.
    """
    words = given.split()

    def put(found: re.Match[str]) -> str:
        if found[2]:
            return given
        if found[4]:
            return escape(known[found[4]])
        at = int(found[1] or found[3])
        return words[at] if at < len(words) else ""

    has_place = any(found[2] or found[1] or found[3] for found in _PLACE.finditer(text))
    told = _PLACE.sub(put, text)
    return told if has_place or not given else f"{told}\n\nARGUMENTS: {given}"


def _sections(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*.md")):
        if file.name != FILE:
            yield file.relative_to(folder).with_suffix("").as_posix(), _text_of(file)


def _files(folder: Path) -> dict[str, list[str]]:
    found = {
        title: [
            file.relative_to(folder).as_posix()
            for file in sorted((folder / name).rglob("*"))
            if file.is_file()
        ]
        for name, title in _FOLDERS.items()
    }
    return {title: paths for title, paths in found.items() if paths}


def _text_of(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES).decode("utf-8", "replace")


_ARGUMENTS = "Arguments or context to pass to the skill"
_NO_EFFECT = "Of no effect: each text has a section of its own."
_PARAMETERS: dict[str, JSON] = {
    "skills_path": parameter("string", "The folder of folders with a SKILL.md.", required=True),
    "include": parameter("array", "Patterns of folders that are taken.", default=["*"]),
    "exclude": parameter("array", "Patterns of folders that are left out.", default=[]),
    "prompt_title": parameter("string", _NO_EFFECT),
    "prompt_intro": parameter("string", _NO_EFFECT),
    "skill_descriptions": parameter(
        "object", "Other descriptions of tools, by the name of the skill.", default={}
    ),
    "tool_prefix": parameter("string", "What names of tools begin with.", default="claude_"),
    "response_prefix": parameter("string", "What comes before a text.", default=""),
    "response_postfix": parameter("string", "What comes after a text.", default=""),
    "allow_shell_injection": parameter(
        "boolean", "Refused: no command of a text is run.", default=False
    ),
    "allow_script_execution": parameter(
        "boolean", "Name scripts and assets in the prompt; none is run here.", default=False
    ),
    "ignore_invocation_control": parameter(
        "boolean", "Take also what its front matter hides.", default=False
    ),
    "shell_timeout": parameter("integer", "Of no effect: no command is run.", default=30),
}
