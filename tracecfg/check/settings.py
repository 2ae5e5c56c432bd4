"""What a tree says of its own checks, in its tracecfg.toml. Pure.

[check]
baseline = "known.json"                 # in the tree
configs = ["arch/x86/configs/mine_defconfig"]
[check.rules]
TC301 = "error"                         # or "warning", "note", "off"
class-never-used = "off"

The file may be a stranger's: all it can do is to choose among the rules and among the tree's files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tracecfg.check.rule import Rule, named
from tracecfg.errors import UnknownNameError, escaped, shortened
from tracecfg.model import Severity
from tracecfg.tomlfile import Document, unknown

OFF = "off"
_KEYS = ("rules", "baseline", "configs")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """severities: by rule id, of those that are not as rules.toml has them; None: off
    baseline, configs: paths in the tree
    """

    severities: Mapping[str, Severity | None] = field(default_factory=lambda: MappingProxyType({}))
    baseline: str | None = None
    configs: tuple[str, ...] = ()

    def in_force(self, rules: Mapping[str, Rule]) -> dict[str, Rule]:
        """The rules that are on, each with its severity here."""
        found = {}
        for rule in rules.values():
            severity = self.severities.get(rule.id, rule.severity)
            if severity is not None:
                found[rule.id] = rule._replace(severity=severity)
        return found


def parse(text: str, file: str) -> Settings:
    """The [check] table of a file's text. Raises UsageError with every mistake, a line each."""
    document = Document(text, file)
    table = document.values.get("check", {})
    if not isinstance(table, dict):
        document.wrong("settings stand in [check] and [check.rules]", ("check",))
        table = {}
    for key in table:
        if key not in _KEYS:
            document.wrong(f"check: {unknown(key, _KEYS)}", ("check", key))
    settings = Settings(
        severities=_severities(table.get("rules", {}), document),
        baseline=_path(table["baseline"], document, "baseline") if "baseline" in table else None,
        configs=_configs(table.get("configs", []), document),
    )
    document.done()
    return settings


def _severities(value: object, document: Document) -> Mapping[str, Severity | None]:
    if not isinstance(value, dict):
        document.wrong('rules must be a table: TC301 = "off"', ("check", "rules"))
        return {}
    found: dict[str, Severity | None] = {}
    for name, said in value.items():
        path = ("check", "rules", name)
        try:
            rule = named(name)
        except UnknownNameError as error:
            document.wrong(f"{error.message}; {error.hint}", path)
            continue
        if rule.id in found:
            document.wrong(f"{escaped(name)}: {rule.id} stands here twice", path)
        if said == OFF:
            found[rule.id] = None
        elif said in list(Severity):
            found[rule.id] = Severity(said)
        else:
            choice = ", ".join((OFF, *Severity))
            document.wrong(f"{rule.id}: {_shown(said)} is none of {choice}", path)
    return MappingProxyType(found)


def _configs(value: object, document: Document) -> tuple[str, ...]:
    if not isinstance(value, list):
        document.wrong("configs must be a list of paths", ("check", "configs"))
        return ()
    return tuple(_path(each, document, "configs", index) for index, each in enumerate(value))


def _path(value: object, document: Document, *key: str | int) -> str:
    parts = value.split("/") if isinstance(value, str) and value.isprintable() else [""]
    if not all(parts) or ".." in parts:
        document.wrong(
            f"{key[0]}: {_shown(value)} is no path of a file in the tree", ("check", *key)
        )
    return str(value)


def _shown(value: object) -> str:
    return escaped(shortened(repr(value)))
