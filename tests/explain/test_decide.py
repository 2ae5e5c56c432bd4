"""From facts to the cause: each cause, its evidence, and which of two comes first."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest

from tracecfg.errors import UsageError
from tracecfg.explain import hints, kconfig, run
from tracecfg.explain.answer import Cause, Explanation, to_json, to_text
from tracecfg.explain.decide import explain
from tracecfg.explain.facts import Access, Facts, ModuleIndex, Tracefs

HINTS = hints.load(resources.files("tracecfg.explain").joinpath("hints.json").read_text())
ON = "CONFIG_FTRACE=y\nCONFIG_EVENT_TRACING=y\nCONFIG_X86=y\n"
EVENTS = frozenset({"sched:sched_switch", "sched:sched_waking", "irq:irq_handler_entry"})
SEEN = Tracefs(access=Access.READABLE, path="/t", events=EVENTS)
INDEX = ModuleIndex(
    release="6.12-test",
    source="/lib/modules/6.12-test",
    events={"xfs_ilock": ("xfs",), "xhci_urb_enqueue": ("xhci_hcd",), "vendor_go": ("vendor",)},
    systems={"xfs": ("xfs",), "xhci_hcd": ("xhci_hcd",), "vendor": ("vendor",)},
)


def facts(config: str | None = ON, **changes: object) -> Facts:
    read = kconfig.parse(config, "/boot/config") if config is not None else None
    base = Facts(
        release="6.12-test",
        tracefs=SEEN,
        hints=HINTS,
        config=read,
        looked_for=() if read else ("/proc/config.gz", "/boot/config-6.12-test"),
        modules_note="no index of the installed modules",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def says(answer: Explanation) -> str:
    return to_text([answer])


def test_an_event_that_is_there_has_no_cause() -> None:
    for name in ("sched", "sched:sched_switch", "sched_switch"):
        answer = explain(name, facts())
        assert (answer.present, answer.cause) == (True, None)
    assert "an event of sched" in says(explain("sched_switch", facts()))


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("shced", "sched"),
        ("sched:sched_swich", "sched:sched_switch"),
        ("irq:sched_switch", "sched:sched_switch"),
        ("sched_swich", "sched"),
    ],
)
def test_an_unknown_name_names_the_nearest(name: str, nearest: str) -> None:
    answer = explain(name, facts())
    assert (answer.present, answer.cause) == (False, Cause.UNKNOWN_NAME)
    assert nearest in answer.nearest
    assert f"did you mean {', '.join(answer.nearest)}?" == answer.remedy


def test_an_unknown_name_with_nothing_near_says_where_to_look() -> None:
    assert explain("qqqqqqqqq", facts()).remedy.startswith("`tracecfg list`")


@pytest.mark.parametrize("event", ["gpio", "gpio:gpio_value", "gpio_value"])
def test_the_option_of_a_series_is_named_and_no_other(event: str) -> None:
    config = ON + "CONFIG_GPIOLIB=y\n# CONFIG_TRACING_GPIO is not set\n# CONFIG_GPIO_X is not set\n"
    answer = explain(event, facts(config))
    assert (answer.cause, answer.options) == (Cause.COMPILED_OUT, ("CONFIG_TRACING_GPIO",))
    (evidence,) = answer.evidence
    assert (evidence.source, evidence.says, evidence.hint) == (
        "/boot/config:5",
        "# CONFIG_TRACING_GPIO is not set",
        False,
    )


@pytest.mark.parametrize(
    ("name", "line", "option"),
    [
        ("gpio", "TRACING_EVENTS_GPIO", "CONFIG_TRACING_EVENTS_GPIO"),
        ("xhci-hcd", "TRACING_XHCI_HCD", "CONFIG_TRACING_XHCI_HCD"),
        ("ath10k", "ATH10K_TRACING", "CONFIG_ATH10K_TRACING"),
        ("vendor", "TRACING_VENDOR", "CONFIG_TRACING_VENDOR"),
        ("syscalls", "FTRACE_SYSCALLS", "CONFIG_FTRACE_SYSCALLS"),
    ],
)
def test_each_kind_of_option_is_known(name: str, line: str, option: str) -> None:
    answer = explain(name, facts(f"{ON}# CONFIG_{line} is not set\n"))
    assert (answer.cause, answer.options) == (Cause.COMPILED_OUT, (option,))


def test_a_kernel_without_the_feature_names_the_feature_as_a_hint() -> None:
    answer = explain("gpio", facts(ON + "# CONFIG_GPIOLIB is not set\n"))
    assert (answer.cause, answer.options) == (Cause.COMPILED_OUT, ("CONFIG_GPIOLIB",))
    assert [each.hint for each in answer.evidence] == [True, False, False]
    assert "/boot/config:4: # CONFIG_GPIOLIB is not set" in says(answer)


def test_of_many_architectures_the_kernels_own_is_the_one_that_lacks_something() -> None:
    answer = explain("kvm:kvm_exit", facts(ON + "CONFIG_KVM=m\n"))
    assert answer.options == ("CONFIG_KVM_X86",)


def test_an_installed_module_is_named() -> None:
    config = ON + "CONFIG_XFS_FS=m\n"
    for name in ("xfs", "xfs:xfs_ilock", "xfs_ilock"):
        answer = explain(name, facts(config, modules=INDEX))
        assert (answer.cause, answer.modules) == (Cause.MODULE_NOT_LOADED, ("xfs",))
        assert answer.remedy == "modprobe xfs"


def test_a_modules_system_may_have_a_name_that_is_no_identifier() -> None:
    answer = explain("xhci-hcd:xhci_urb_enqueue", facts(modules=INDEX))
    assert answer.modules == ("xhci_hcd",)


def test_a_module_that_no_hint_knows_is_found_through_the_index() -> None:
    assert explain("vendor", facts(modules=INDEX)).modules == ("vendor",)
    assert explain("vendor", facts()).cause is Cause.UNKNOWN_NAME


def test_a_loaded_module_is_not_the_reason() -> None:
    loaded = frozenset({"xfs"})
    answer = explain("xfs", facts(ON + "CONFIG_XFS_FS=y\n", modules=INDEX, loaded=loaded))
    assert answer.cause is Cause.UNDETERMINED


def test_without_an_index_a_modular_option_is_a_hint_at_a_module() -> None:
    answer = explain("xfs", facts(ON + "CONFIG_XFS_FS=m\n"))
    assert answer.cause is Cause.MODULE_NOT_LOADED
    assert "--index" in answer.remedy
    assert "no index of the installed modules" in says(answer)


def test_a_bare_tracepoint_has_no_event() -> None:
    assert explain("sched:pelt_se_tp", facts()).cause is Cause.NO_EVENT


@pytest.mark.parametrize("config", ["# CONFIG_FTRACE is not set\n", "CONFIG_FTRACE=y\n"])
def test_a_kernel_without_event_tracing_has_no_other_cause(config: str) -> None:
    answer = explain("gpio", facts(config + "# CONFIG_TRACING_GPIO is not set\n"))
    assert answer.cause is Cause.NO_EVENT_TRACING


def test_a_kernel_that_does_not_know_tracefs_has_no_events_either() -> None:
    tracefs = Tracefs(access=Access.NOT_IN_KERNEL)
    assert explain("gpio", facts(None, tracefs=tracefs)).cause is Cause.NO_EVENT_TRACING


@pytest.mark.parametrize("name", ["", "sched*", "sched:*", "!sched", ":mod:x", "sched:"])
def test_what_is_no_name_is_wrong_use(name: str) -> None:
    with pytest.raises(UsageError, match="is no name") as caught:
        run.explain([name], config=None, tracefs=None)
    assert "names of subsystems and events" in caught.value.hint


HIDDEN = Tracefs(access=Access.NO_PERMISSION, path="/t", by_path={"irq": None})


@pytest.mark.parametrize(
    ("tracefs", "mode", "cause"),
    [
        (HIDDEN, "none", Cause.NO_PERMISSION),
        (HIDDEN, None, Cause.NO_PERMISSION),
        (Tracefs(access=Access.NOT_MOUNTED), "integrity", Cause.NOT_MOUNTED),
        (HIDDEN, "confidentiality", Cause.LOCKED_DOWN),
        (replace(SEEN, events=frozenset()), "confidentiality", Cause.LOCKED_DOWN),
    ],
)
@pytest.mark.parametrize("present", [True, None])
def test_what_stands_between_the_user_and_tracefs(
    tracefs: Tracefs, mode: str | None, cause: Cause, present: bool | None
) -> None:
    tracepoints = frozenset({"irq_handler_entry"} if present else {"other"})
    lockdown = ("/sys/kernel/security/lockdown", mode) if mode else None
    answer = explain("irq", facts(tracefs=tracefs, lockdown=lockdown, tracepoints=tracepoints))
    assert (answer.cause, answer.present) == (cause, present)


def test_compiled_out_is_said_without_a_look_into_tracefs() -> None:
    config = ON + "# CONFIG_TRACING_IRQ is not set\n"
    answer = explain("irq", facts(config, tracefs=HIDDEN, tracepoints=frozenset()))
    assert answer.options == ("CONFIG_TRACING_IRQ",)


def test_the_running_kernels_symbols_outweigh_a_hint() -> None:
    config = ON + "# CONFIG_GPIOLIB is not set\n"
    answer = explain("gpio", facts(config, tracefs=HIDDEN, tracepoints=frozenset({"gpio_value"})))
    assert (answer.cause, answer.present) == (Cause.NO_PERMISSION, True)


def test_a_name_that_cannot_be_checked_is_not_called_unknown() -> None:
    answer = explain("vendor", facts(tracefs=HIDDEN))
    assert answer.cause is Cause.NO_PERMISSION
    assert answer.present is None


def test_an_allow_groups_member_sees_by_path() -> None:
    tracefs = Tracefs(access=Access.READABLE, path="/t", by_path={"irq": True, "gpio": None})
    assert explain("irq", facts(tracefs=tracefs)).present


def test_without_any_configuration_the_files_that_were_looked_for_are_named() -> None:
    answer = explain("gpio", facts(None))
    assert answer.cause is Cause.UNDETERMINED
    assert "/proc/config.gz, /boot/config-6.12-test: none of these" in says(answer)
    assert "hint: Linux" in says(answer)
    assert "CONFIG_TRACING_GPIO" in says(answer)
    assert "--kernel-config" in answer.remedy


def test_a_missing_event_among_others_is_said_to_be_alone() -> None:
    answer = explain("sched:sched_process_fork", facts())
    assert answer.cause is Cause.UNDETERMINED
    assert "/t/events/sched: it has 2 other events" in says(answer)


def test_a_loaded_module_that_should_have_it_is_not_named() -> None:
    config = ON + "CONFIG_XFS_FS=m\n"
    loaded = frozenset({"xfs"})
    assert explain("xfs", facts(config, modules=INDEX, loaded=loaded)).modules == ()


def test_a_subsystem_without_a_probe_is_said_to_be_empty() -> None:
    answer = explain("kprobes", facts(ON + "CONFIG_KPROBE_EVENTS=y\n"))
    assert (answer.cause, answer.summary[:33]) == (
        Cause.UNDETERMINED,
        "its events are defined at run tim",
    )


def test_an_empty_tracefs_is_said_to_be_empty() -> None:
    tracefs = replace(SEEN, events=frozenset(), empty=True)
    answer = explain("irq", facts(tracefs=tracefs))
    assert answer.cause is Cause.UNDETERMINED
    assert "tracefs is empty" in answer.summary


def test_what_nothing_explains_is_said_to_be_so() -> None:
    answer = explain("gpio", facts(ON + "CONFIG_GPIOLIB=y\nCONFIG_TRACING_GPIO=y\n"))
    assert (answer.present, answer.cause) == (False, Cause.UNDETERMINED)
    assert "CONFIG_TRACING_GPIO=y" in says(answer)


def test_json_is_one_object_for_one_name_and_for_several() -> None:
    one = to_json("6.12", [explain("sched", facts())])
    assert one["schema"] == "tracecfg.explain/1"
    assert {"event", "present", "cause", "evidence", "remedy"} <= one.keys()
    two = to_json("6.12", [explain(name, facts()) for name in ("sched", "gpio")])
    assert "event" not in two
    assert [each["event"] for each in two["explanations"]] == ["sched", "gpio"]


@pytest.mark.parametrize("name", ["", ":", "a:", ":b", "../x", "a:b:c", "*", "x" * 10_000])
def test_any_name_gets_an_answer(name: str) -> None:
    assert explain(name, facts()).event == name
