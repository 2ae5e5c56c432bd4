"""README says what `check` has, no more and no less."""

from __future__ import annotations

import os
import re
from pathlib import Path

import typer.main

from tests.check.sample import plain, result
from tracecfg.check import report, settings, suppress
from tracecfg.check.rule import rules
from tracecfg.cli.app import application

README = Path(__file__).parents[2] / "README.md"
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->\n)", re.DOTALL)


def section() -> str:
    text = README.read_text()
    return text[text.index("\n## Continuous integration\n") : text.index("\n## At run time\n")]


def block(language: str, holding: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", section(), re.DOTALL | re.MULTILINE)
    (found,) = (each for each in blocks if holding in each)
    return str(found)


def test_the_table_of_rules() -> None:
    """TRACECFG_UPDATE_GOLDENS=1 writes it anew."""
    rows = ["| | | | |", "|---|---|---|---|"]
    for rule in rules().values():
        title = rule.title.replace("|", "\\|").replace("<", "\\<")
        rows.append(f"| {rule.id} | {rule.name} | {rule.severity.value} | {title} |")
    table = "\n".join(rows) + "\n"
    text = README.read_text()
    if os.environ.get("TRACECFG_UPDATE_GOLDENS"):
        text = TABLE.sub(lambda _: table, text)
        README.write_text(text)
    found = TABLE.search(text)
    assert found
    assert found[0] == table


def test_the_keys_of_the_json_object() -> None:
    shown = report.to_json(result(plain(), gone=(plain()[0],)))
    keys = {*shown, *shown["counts"], *shown["findings"][0], *shown["gone"][0]}
    table = section()[section().index("| key | |") :]
    assert keys == set(re.findall(r"`([a-z_]+)`", table)) | {"schema"}
    assert shown["schema"] in section()


def test_the_options_in_the_examples() -> None:
    commands = typer.main.get_group(application("check")).commands
    options = {option for parameter in commands["check"].params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section())) <= options


def test_the_settings_and_the_comments_in_the_examples() -> None:
    said = settings.parse(block("toml", "[check]"), "README.md")
    assert (said.baseline, len(said.configs), len(said.severities)) == ("known.json", 1, 2)
    marks = suppress.read([("a.h", block("c", "tracecfg: off"))])
    assert [(off.rule, off.lines is None) for off in marks.offs] == [
        ("TC301", False),
        ("TC302", True),
    ]
    assert marks.wrong == ()
