"""`tracecfg check` as a user calls it, with the rules that need no other group's work: TC9xx."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small import Ran, command, contents, converted_tree, copy_tree, edit, run_there

Cli = Callable[..., Ran]
OWN = ("--only", "TC9*")
HEADER = "include/trace/events/gpio.h"
CONFLICT = "<<<<<<< HEAD\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with a note and an error."""
    root = copy_tree(tmp_path)
    edit(root, HEADER, lambda text: f"/* tracecfg: off TC999 */\n{text}{CONFLICT}")
    return root


def line_of(root: Path, path: str, what: str) -> int:
    return (root / path).read_text().split("\n").index(what.rstrip("\n")) + 1


def wrong(ran: Ran, code: int, *says: str) -> None:
    assert (ran.code, ran.out) == (code, ""), ran.err
    for each in says:
        assert each in ran.err
    assert "Traceback" not in ran.err


def found(ran: Ran) -> list[tuple[str, str, int | None]]:
    shown = json.loads(ran.out)
    assert shown["schema"] == "tracecfg.check/1"
    return [(each["rule"], each["file"], each["line"]) for each in shown["findings"]]


def test_findings_and_none(cli: Cli, root: Path, tmp_path: Path) -> None:
    ran = cli("check", root, *OWN)
    assert (ran.code, ran.err) == (1, "")
    line = line_of(root, HEADER, CONFLICT)
    assert f"{HEADER}:{line}: error: merge conflict markers [TC901]" in ran.out.splitlines()
    assert f"{HEADER}:1: note: turns off TC999, which is no rule [TC902]" in ran.out.splitlines()
    assert "1 error, 1 note in 1 file" in ran.out.splitlines()
    assert found(cli("check", root, *OWN, "--json")) == [
        ("TC902", HEADER, 1),
        ("TC901", HEADER, line),
    ]
    clean = cli("check", copy_tree(tmp_path / "clean"), *OWN)
    assert (clean.code, clean.out, clean.err) == (0, "no findings\n", "")


def test_a_note_does_not_fail(cli: Cli, root: Path) -> None:
    assert cli("check", root, "--only", "TC902").code == 0
    assert cli("check", root, "--only", "off-of-no-rule", "--fail-on", "note").code == 1
    assert cli("check", root, *OWN, "--fail-on", "error").code == 1


def test_a_file_gets_the_form_and_the_terminal_the_summary(
    cli: Cli, root: Path, tmp_path: Path
) -> None:
    out, summary = tmp_path / "out.sarif", tmp_path / "summary.md"
    ran = cli("check", root, *OWN, "--format", "sarif", "-o", out, "--summary", summary)
    assert ran.code == 1
    assert len(json.loads(out.read_text())["runs"][0]["results"]) == 2
    assert ran.out.splitlines()[0] == "1 error, 1 note in 1 file"
    assert ran.out.splitlines()[-1] == f"wrote {out}"
    assert summary.read_text().startswith("### tracecfg check: 1 error, 1 note in 1 file")
    ran = cli("check", root, *OWN, "--format", "github", "-o", "-")
    assert ran.out.startswith(f"::error file={HEADER},line=")


def test_two_runs_are_the_same(root: Path) -> None:
    for form in ("text", "json", "sarif", "github"):
        one, two = (
            run_there("check", root, "--format", form, PYTHONHASHSEED=seed) for seed in "17"
        )
        assert one == two


def test_colour_on_a_terminal_alone(root: Path) -> None:
    assert "\x1b" in on_a_terminal(root)
    assert "\x1b" not in on_a_terminal(root, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(root, TERM="dumb")
    assert "\x1b" not in run_there("check", root, *OWN).out


def on_a_terminal(root: Path, **env: str) -> str:
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        command("check", root, *OWN),
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", **env},
    )
    os.close(theirs)
    text = b""
    try:
        while data := os.read(ours, 65536):
            text += data
    except OSError:
        # so Linux says that the other end has gone
        pass
    finally:
        os.close(ours)
    assert started.wait(timeout=60) == 1
    return text.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--format", "xml"], 2, "xml"),
        (["--json", "--format", "sarif"], 2, "which of them"),
        (["--only", "TC9O1"], 2, "did you mean TC901"),
        (["--only", ","], 2, "of no rule"),
        (["--fail-on", "never"], 2, "never"),
        (["--update-baseline"], 2, "--baseline FILE"),
        (["--update-baseline", "--baseline", "x", *OWN], 2, "leave out --only"),
        (["--baseline", "gone.json"], 2, "gone.json: cannot be read"),
        (["--settings", "gone.toml"], 2, "gone.toml: cannot be read"),
        (["--explain", "TC30l"], 2, "did you mean TC30"),
        (["--explain", "TC301", "--format", "sarif"], 2, "it has text and json"),
    ],
)
def test_wrong_use(
    cli: Cli, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str],
    code: int, says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    before = contents(root)
    wrong(cli("check", root, *arguments), code, says)
    assert contents(root) == before


def test_explain(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("check", "--explain", "tc301")
    assert ran.code == 0
    for words in ("TC301 event-never-called (warning)", "Why it matters", "How to mend it"):
        assert words in ran.out
    assert cli("check", "--explain", "event-never-called").out == ran.out
    assert "/* tracecfg: off TC301 " in ran.out
    for rule, comment in (("TC102", "# tracecfg: off TC102 "), ("TC501", "# tracecfg: off TC501 ")):
        assert comment in cli("check", "--explain", rule).out
    assert "tracecfg: off" not in cli("check", "--explain", "TC401").out
    every = cli("check", "--explain", "all")
    assert len([x for x in every.out.splitlines() if x.startswith("TC")]) > 30
    shown = json.loads(cli("check", "--explain", "TC301", "--json").out)
    assert (shown["schema"], shown["rules"][0]["severity"]) == ("tracecfg.rules/1", "warning")


# ---- known findings


def test_known_findings_are_no_news(cli: Cli, root: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    ran = cli("check", root, "--baseline", known, "--update-baseline")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == f"wrote {known}"
    first = known.read_bytes()
    again = cli("check", root, "--baseline", known)
    assert again.code == 0
    assert again.out.startswith("no findings (")
    edit(root, HEADER, lambda text: "\n\n" + text)
    assert cli("check", root, "--baseline", known, "--json").code == 0
    edit(root, "include/trace/events/queue.h", lambda text: text + CONFLICT)
    assert found(cli("check", root, *OWN, "--baseline", known, "--json"))[0][0] == "TC901"
    cli("check", root, "--baseline", known, "--update-baseline")
    assert known.read_bytes() != first


def test_known_findings_that_are_gone_are_told(cli: Cli, root: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    entry = {"rule": "TC301", "file": HEADER, "message": "other is never called"}
    late = {"rule": "TC503", "file": ".config", "message": "this was not asked"}
    # half a character, as a stranger may write it
    unreadable = {"rule": "TC901", "file": "gone.h", "message": "it cannot be read \ud800"}
    listed = {"schema": "tracecfg.baseline/1", "findings": [entry, late, unreadable]}
    known.write_text(json.dumps(listed))
    ran = cli("check", root, "--baseline", known)
    assert "2 known findings are gone: --update-baseline" in ran.out.splitlines()
    gone = json.loads(cli("check", root, "--baseline", known, "--json").out)["gone"]
    assert [each["rule"] for each in gone] == ["TC901", "TC301"]
    # of the others nothing is known
    ran = cli("check", root, "--baseline", known, "--only", "TC1*")
    assert "gone" not in ran.out


def test_a_file_that_is_no_baseline_is_left_alone(cli: Cli, root: Path, tmp_path: Path) -> None:
    makefile = root / "Makefile"
    before = makefile.read_bytes()
    wrong(cli("check", root, "--baseline", makefile), 2, "Makefile:1: no JSON")
    ran = cli("check", root, "--baseline", makefile, "--update-baseline")
    wrong(ran, 2, "is no baseline, so it is not replaced")
    assert makefile.read_bytes() == before
    damaged = tmp_path / "known.json"
    damaged.write_text(f'{{"schema": "tracecfg.baseline/1",\n{CONFLICT}')
    wrong(cli("check", root, "--baseline", damaged), 2, "known.json:2: no JSON")
    assert cli("check", root, "--baseline", damaged, "--update-baseline").code == 0
    assert cli("check", root, "--baseline", damaged).code == 0


def test_a_baseline_is_the_last_to_be_written(cli: Cli, root: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    update = ("--baseline", known, "--update-baseline")
    for more in (("-o", tmp_path), ("--summary", tmp_path), ("--summary", "-")):
        ran = cli("check", root, *update, *more)
        assert (ran.code, ran.out) == (2, "")
        assert not known.exists()


# ---- what the tree says itself


def test_a_tree_can_switch_rules_and_name_a_baseline(cli: Cli, root: Path, tmp_path: Path) -> None:
    settings = root / "tracecfg.toml"
    settings.write_text('[check.rules]\nTC901 = "warning"\nTC902 = "off"\n')
    shown = json.loads(cli("check", root, *OWN, "--json").out)
    assert [(x["rule"], x["severity"]) for x in shown["findings"]] == [("TC901", "warning")]
    other = tmp_path / "mine.toml"
    other.write_text("")
    assert len(found(cli("check", root, *OWN, "--json", "--settings", other))) == 2
    settings.write_text('[check]\nbaseline = "known.json"\n')
    wrong(cli("check", root), 2, "known.json: the settings name it", "--update-baseline writes it")
    assert cli("check", root, "--update-baseline").code == 0
    assert cli("check", root).code == 0
    assert (root / "known.json").is_file()


def test_the_verdict_counts_though_nobody_reads(root: Path) -> None:
    script = f"{shlex.join(command('check', root, *OWN))} | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_settings_and_baseline_from_another_branch(root: Path, tmp_path: Path) -> None:
    """As README says: through a pipe of the shell's."""
    (tmp_path / "mine.toml").write_text('[check.rules]\nTC901 = "off"\n')
    call = shlex.join(command("check", root, *OWN, "--json"))
    script = f"{call} --settings <(cat {tmp_path}/mine.toml)"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert "TC901" not in {each["rule"] for each in json.loads(ran.stdout)["findings"]}, ran.stderr


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_settings_that_are_no_file(cli: Cli, root: Path, make: Callable[[Path], None]) -> None:
    make(root / "tracecfg.toml")
    wrong(cli("check", root), 2, "tracecfg.toml: cannot be read: it is a")


def test_only_the_trees_own_file_counts(
    cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.parent / "tracecfg.toml").write_text('[check.rules]\nTC901 = "off"\n')
    monkeypatch.chdir(root.parent)
    assert cli("check", root, *OWN).code == 1
    (root / "tracecfg.toml").write_text("[check]\nbaselin = 'x'\n")
    wrong(cli("check", root), 2, "tracecfg.toml:2: check: unknown key 'baselin', did you mean")


@pytest.mark.parametrize("more", [[], ["--update-baseline"]])
def test_a_stranger_cannot_lead_out_of_the_tree(
    cli: Cli, root: Path, tmp_path: Path, more: list[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "known.json").write_text('{"schema": "tracecfg.baseline/1", "findings": []}')
    before = contents(outside)
    (root / "link").symlink_to(outside)
    (root / "file.json").symlink_to(outside / "known.json")
    (root / "dangling.json").symlink_to(outside / "new.json")
    for path in ("link/known.json", "link/new.json", "file.json", "dangling.json"):
        (root / "tracecfg.toml").write_text(f'[check]\nbaseline = "{path}"\n')
        ran = cli("check", root, *more)
        assert ran.code in (2, 3), path
        assert ran.err.startswith("tracecfg: ")
        assert contents(outside) == before
    (root / "tracecfg.toml").write_text('[check]\nconfigs = ["link/known.json"]\n')
    wrong(cli("check", root), 2, "leads out of the tree")
    (root / "circle").symlink_to("circle")
    for what in ('baseline = "circle"', 'baseline = "circle/x"\nconfigs = ["circle"]'):
        (root / "tracecfg.toml").write_text(f"[check]\n{what}\n")
        wrong(cli("check", root, *more), 2, "circle")
    (root / "tracecfg.toml").write_text('[check.rules]\n"##[add-mask]x" = "off"\n')
    ran = cli("check", root)
    assert "##\\[add-mask]x" in ran.err
    (root / "tracecfg.toml").unlink()
    (root / "tracecfg.toml").symlink_to(outside / "known.json")
    wrong(cli("check", root), 3, "tracecfg.toml: leads out of the tree")


def test_a_tree_can_name_its_configurations(cli: Cli, tmp_path: Path) -> None:
    root = converted_tree(tmp_path)
    folder = root / "arch/x86/configs"
    folder.mkdir(parents=True)
    (folder / "mine_defconfig").write_text(
        "CONFIG_TRACING_NOPE=y\n# tracecfg: off TC503 soon\nCONFIG_TRACING_NIL=y\n"
    )
    (root / "tracecfg.toml").write_text('[check]\nconfigs = ["arch/x86/configs/mine_defconfig"]\n')
    ran = cli("check", root, "--only", "TC5*", "--json")
    assert found(ran) == [("TC503", "arch/x86/configs/mine_defconfig", 1)]
    assert json.loads(ran.out)["suppressed"] == 1
    assert cli("check", root, "--only", "TC5*", "--config", root / ".config").code == 0


def test_comments_turn_rules_off(cli: Cli, root: Path) -> None:
    edit(root, HEADER, lambda text: text.replace(CONFLICT, f"// tracecfg: off TC901\n{CONFLICT}"))
    ran = cli("check", root, *OWN)
    assert ran.code == 0
    assert "1 note in 1 file (1 turned off in the source)" in ran.out
    edit(root, HEADER, lambda text: text.replace("TC999", "TC902, TC301"))
    line = line_of(root, HEADER, "/* tracecfg: off TC902, TC301 */")
    assert found(cli("check", root, "--only", "TC301,TC903", "--json")) == [("TC903", HEADER, line)]
    # what was not looked for may be there
    assert found(cli("check", root, "--only", "TC903", "--json")) == []
