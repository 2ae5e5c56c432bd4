"""What `check` says of a real tree, in every form."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.check.test_outputs import valid_sarif
from tests.small import run_there

pytestmark = pytest.mark.kernel

FORMS = ("text", "json", "sarif", "github")


def test_every_form_tells_the_same(linux_tree: Path, tmp_path: Path) -> None:
    told = {}
    for form in FORMS:
        ran = run_there("check", linux_tree, "--format", form, "--summary", tmp_path / "summary.md")
        assert (ran.code, ran.err) in ((0, ""), (1, ""))
        told[form] = ran.out
    findings = json.loads(told["json"])["findings"]
    count = len(findings)
    results = valid_sarif(json.loads(told["sarif"]))["results"]
    assert len({each["partialFingerprints"]["tracecfg/v1"] for each in results}) == count
    for each in results:
        uri = each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert (linux_tree / unquote(uri)).is_file()
    lines = [x for x in told["text"].splitlines() if x.endswith("]") and ": " in x]
    assert len(lines) == count
    assert sum(line.startswith("::warning ") for line in told["github"].splitlines()) <= 10
    for form in ("text", "sarif", "github"):
        assert str(linux_tree.parent) not in told[form]


def test_what_is_known_is_no_news(linux_tree: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    assert run_there("check", linux_tree, "--baseline", known, "--update-baseline").code == 0
    ran = run_there("check", linux_tree, "--baseline", known)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("no findings")
    entries = json.loads(known.read_text())["findings"]
    assert len(entries) == known.read_text().count("\n    {")
