"""How findings are told: text, JSON, SARIF, GitHub's annotations and Markdown."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from tests.check.sample import HOSTILE, UNUSED, finding, plain, result
from tests.small import golden
from tracecfg.check import github, report, sarif
from tracecfg.check.formats import Format, rendered
from tracecfg.check.result import Result
from tracecfg.check.rule import rules
from tracecfg.model import Severity

SARIF_SCHEMA = Path(__file__).parent / "data/sarif-schema-2.1.0.json"


def valid_sarif(log: object) -> dict[str, Any]:
    """A SARIF log that holds what its schema asks for, as a program reads it."""
    read = json.loads(json.dumps(log))
    schema = json.loads(SARIF_SCHEMA.read_text())
    jsonschema.Draft4Validator(schema).validate(read)
    assert read["$schema"] == schema["id"]
    (run,) = read["runs"]
    assert isinstance(run, dict)
    return run


def sample() -> Result:
    return result(
        plain(),
        known=(finding("TC301", line=90),),
        off=(finding("TC302"),),
        gone=(finding("TC301", line=None, message="gone_event is never called"),),
        abi_summary=("radio: field freq of radio_tune was u32, is u64",),
    )


@pytest.mark.parametrize("form", Format)
def test_each_form_in_a_golden(form: Format) -> None:
    text = rendered(sample(), form, colour=False)
    # what rules.toml has besides is not for a golden
    if form is Format.SARIF:
        log = json.loads(text)
        for each in log["runs"][0]["results"]:
            del each["ruleIndex"]
        driver = log["runs"][0]["tool"]["driver"]
        driver["version"] = driver["semanticVersion"] = "0"
        driver["rules"] = [each for each in driver["rules"] if each["id"] == "TC902"]
        text = json.dumps(log, indent=2)
    golden(f"check.{form.value}", text + "\n")


def test_markdown_in_a_golden() -> None:
    golden("check.md", github.to_markdown(sample()))


@pytest.mark.parametrize("form", Format)
def test_the_order_of_findings_does_not_show(form: Format) -> None:
    found = [*plain(), *plain(), *HOSTILE]
    first = rendered(result(found), form, colour=False)
    for seed in range(5):
        random.Random(seed).shuffle(found)
        assert rendered(result(found), form, colour=False) == first
        assert github.to_markdown(result(found)) == github.to_markdown(result(reversed(found)))


def test_no_findings() -> None:
    clean = result([])
    assert report.to_text(clean) == "no findings"
    assert valid_sarif(sarif.to_sarif(clean))["results"] == []
    assert github.to_annotations(clean) == "::notice title=tracecfg check::no findings"
    assert report.to_json(clean)["findings"] == []
    assert not clean.failed


def test_the_limit_decides_what_fails() -> None:
    note, warning = finding("TC902"), finding("TC301")
    assert not result([note]).failed
    assert result([note], limit=Severity.NOTE).failed
    assert result([warning]).failed
    assert not result([note, warning], limit=Severity.ERROR).failed
    assert result([finding("TC201")], limit=Severity.ERROR).failed


# ---- text


def test_a_line_of_text_is_one_finding() -> None:
    found = [*plain(), *HOSTILE]
    lines = report.to_text(result(found)).splitlines()
    told = [
        x for x in lines if re.search(r"(:\d+|Makefile): (error|warning|note): .*\[TC\d+\]$", x)
    ]
    assert len(told) == len(found)
    assert f"{UNUSED}:41:13: warning: queue_full is never called [TC301]" in told


def test_colour_only_where_it_is_asked_for() -> None:
    coloured = report.to_text(result(plain()), colour=True)
    bare = report.to_text(result(plain()))
    assert "\x1b" not in bare
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == bare
    assert coloured != bare


@pytest.mark.parametrize("form", [Format.TEXT, Format.GITHUB])
def test_a_stranger_has_no_say_in_a_terminal_or_a_log(form: Format) -> None:
    # so many that the group of all findings is there as well
    text = rendered(result(HOSTILE * 8), form, colour=False)
    text.encode()
    assert all(line.isprintable() for line in text.split("\n"))
    assert "##[" not in text or form is Format.GITHUB
    for line in text.split("\n"):
        command = re.match(r"\s*::([\w-]+)", line)
        if form is Format.TEXT or command is None:
            assert command is None
            assert "##[" not in line
        else:
            assert command[1] in ("warning", "notice", "group", "endgroup")


@pytest.mark.parametrize("form", [Format.JSON, Format.SARIF])
def test_json_holds_no_command_and_says_the_same(form: Format) -> None:
    text = rendered(result(HOSTILE), form, colour=False)
    assert "##[" not in text
    assert "##[add-mask]x" in json.dumps(json.loads(text))


def test_what_a_stranger_wrote_is_no_markdown() -> None:
    text = github.to_markdown(result(HOSTILE))
    rows = [line for line in text.split("\n") if line.startswith("| warning")]
    assert len(rows) == len(HOSTILE)
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 5
        assert not re.search(r"(?<!\\)[<`@*]|https:|www\.|(?<!\\)\]\(", row)


# ---- SARIF


def test_sarif_is_valid() -> None:
    run = valid_sarif(sarif.to_sarif(sample()))
    assert len(run["results"]) == len(plain())
    driver = run["tool"]["driver"]
    assert [each["id"] for each in driver["rules"]] == list(rules())
    for each in run["results"]:
        assert driver["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["message"]["text"]
    assert run["automationDetails"]["id"].endswith("/")
    # neither what is known nor what was turned off
    assert "suppressions" not in json.dumps(run)


def test_sarif_of_a_strangers_tree_is_valid() -> None:
    run = valid_sarif(sarif.to_sarif(result(HOSTILE)))
    locations = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    for each in locations:
        uri = urlsplit(each["artifactLocation"]["uri"])
        assert (uri.scheme, uri.netloc, uri.query, uri.fragment) == ("", "", "", "")
        assert not uri.path.startswith("/")
    paths = {unquote(x["artifactLocation"]["uri"], errors="surrogateescape") for x in locations}
    assert paths == {each.file for each in HOSTILE}
    for each in run["results"]:
        text = each["message"]["text"]
        text.encode()
        assert all(line.isprintable() for line in text.split("\n"))
        assert not re.search(r"(?<!\\)\]\(", text)


def test_sarif_says_nothing_of_this_machine() -> None:
    outside = finding("TC503", "/home/someone/secret/my.config", 4)
    text = json.dumps(sarif.to_sarif(result([*plain(), outside])))
    assert "/somewhere" not in text
    assert "/home" not in text
    assert '"my.config"' in text


def test_sarif_fingerprints_do_not_move_with_the_lines() -> None:
    def marks(shift: int) -> list[str]:
        found = [finding("TC301", line=shift + line) for line in (1, 5, 9)]
        run = valid_sarif(sarif.to_sarif(result(found)))
        return [each["partialFingerprints"]["tracecfg/v1"] for each in run["results"]]

    assert marks(0) == marks(100)
    assert len(set(marks(0))) == 3


def test_sarif_keeps_to_what_github_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 4)
    run = valid_sarif(sarif.to_sarif(result(plain())))
    assert [each["level"] for each in run["results"]] == ["error"] * 3 + ["warning"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("8 findings: the 4 worst")


def test_help_shows_in_markdown_what_is_in_angle_brackets() -> None:
    assert sarif.markdown("a <b> *c* [d](e) `#x <f>` <g>") == (
        "a \\<b> \\*c\\* \\[d](e) `#x <f>` \\<g>"
    )


# ---- GitHub


def test_github_gets_ten_of_each_kind_the_worst_first() -> None:
    errors = [finding("TC201", line=line) for line in range(1, 13)]
    warnings = [finding("TC301", line=line) for line in range(1, 16)]
    notes = [finding("TC902", line=line) for line in range(1, 12)]
    lines = github.to_annotations(result([*notes, *warnings, *errors])).split("\n")
    kinds = {"error": 0, "warning": 0, "notice": 0}
    for line in lines:
        if command := re.match("::(error|warning|notice) ", line):
            kinds[command[1]] += 1
    assert set(kinds.values()) == {github.MOST}
    group = lines[lines.index("::group::all 38 findings") + 1 : lines.index("::endgroup::")]
    assert len(group) == 38
    assert lines[-1].startswith("::notice title=tracecfg check::12 errors, 15 warnings, 11 notes")
    assert lines[-1].endswith("; 9 of them in the log alone")


def test_an_annotation_is_escaped_as_the_toolkit_does() -> None:
    found = finding("TC301", "a,b:c%.h", 5, "50%", "mend\n it", 7)
    first = github.to_annotations(result([found])).split("\n")[0]
    assert first == (
        "::warning file=a%2Cb%3Ac%25.h,line=5,col=7,title=TC301 event-never-called::50%25%0Amend\\n it"
    )


def test_the_summary_is_no_longer_than_github_takes() -> None:
    found = [finding("TC301", line=line, message="x" * 5000) for line in range(1, 2000)]
    text = github.to_markdown(result(found))
    assert len(text) < 1_000_000
    assert "... and 1499 more" in text
