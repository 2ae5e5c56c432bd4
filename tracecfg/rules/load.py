"""Reads rules.toml files; every mistake is reported with its place."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path
from typing import Any

from tracecfg.errors import UsageError
from tracecfg.rules.rule import Match, Rule
from tracecfg.tomlplace import error_line

_GLOBS = {"system", "header", "consumer"}
_FLAGS = {"own_option", "name_taken", "feature", "consumer_with_tracing", "consumer_always_built"}
_TEXTS = {"skip", "option", "prompt", "default", "help", "depends", "note"}
_GATES = {"known", "unknown", "always"}
_SHAPES = {
    "option": re.compile(r"(?:[A-Z0-9_]|\{prefix\}|\{SYSTEM\})+"),
    "default": re.compile(r"[yn]"),
    "prompt": re.compile(r'[^"\\\n]+'),
    "depends": re.compile(r"[^\n]*"),
}


def load_rules(user_file: Path | None) -> tuple[Rule, ...]:
    """The built-in rules, and the user's behind them.

    Raises UsageError with file:line for a file that is no TOML or says something unknown.
    """
    builtin = pkgutil.get_data("tracecfg.rules", "rules.toml") or b""
    rules = parse_rules(builtin.decode(), "rules.toml")
    return rules + parse_rules(rules_text(user_file), str(user_file))


def rules_text(user_file: Path | None) -> str:
    """The text of the user's rules; "" for none. Raises UsageError when it cannot be read."""
    if user_file is None:
        return ""
    try:
        return user_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(
            f"{user_file}: cannot be read: {why}", "--rules names a TOML file"
        ) from error


def parse_rules(text: str, name: str) -> tuple[Rule, ...]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}:{error_line(error)}: no valid TOML: {error}") from error
    for key in document:
        if key != "rule":
            raise UsageError(
                f"{name}:{_line_of(text, key)}: unknown key '{key}'", "rules stand in [[rule]]"
            )
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{name}:{_line_of(text, 'rule')}: rules stand in [[rule]] tables")
    starts = [
        number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[rule]]"
    ]
    starts += [1] * (len(tables) - len(starts))
    return tuple(_rule(table, name, start) for table, start in zip(tables, starts, strict=False))


def _rule(table: dict[str, Any], file: str, line: int) -> Rule:
    def wrong(what: str) -> UsageError:
        return UsageError(f"{file}:{line}: {what}", "see rules.toml of tracecfg for what there is")

    rule_name = table.get("name")
    if not isinstance(rule_name, str) or not rule_name:
        raise wrong("a rule needs a name")
    matching = table.get("match", {})
    if not isinstance(matching, dict):
        raise wrong(f"rule {rule_name}: match must be a table")
    conditions: dict[str, Any] = {}
    for key, value in matching.items():
        if key in _GLOBS:
            globs = [value] if isinstance(value, str) else value
            if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
                raise wrong(f"rule {rule_name}: match.{key} must be a glob or a list of globs")
            conditions[key] = tuple(globs)
        elif key in _FLAGS:
            if not isinstance(value, bool):
                raise wrong(f"rule {rule_name}: match.{key} must be true or false")
            conditions[key] = value
        elif key == "gate":
            if value not in _GATES:
                raise wrong(f"rule {rule_name}: match.gate must be one of {sorted(_GATES)}")
            conditions[key] = value
        else:
            raise wrong(f"rule {rule_name}: match has no '{key}'")
    decided: dict[str, Any] = {}
    for key, value in table.items():
        if key in ("name", "match", "why"):
            continue
        if (key in _TEXTS and isinstance(value, str)) or (
            key == "select" and isinstance(value, bool)
        ):
            if key in _SHAPES and not _SHAPES[key].fullmatch(str(value)):
                raise wrong(f"rule {rule_name}: {key} '{value}' is not what Kconfig allows there")
            decided[key] = value
        elif key in _TEXTS or key == "select":
            raise wrong(f"rule {rule_name}: {key} has a value of the wrong kind")
        else:
            raise wrong(f"rule {rule_name}: unknown key '{key}'")
    return Rule(name=rule_name, why=str(table.get("why", "")), match=Match(**conditions), **decided)


def _line_of(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().lstrip("[").startswith(key):
            return number
    return 1
