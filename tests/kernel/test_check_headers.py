"""The rules about trace headers on a real tree, as it is and converted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.small import run_there

pytestmark = pytest.mark.kernel

JUDGED = {
    # works only because tracepoint.c includes it once, behind CREATE_TRACE_POINTS
    ("TC203", "drivers/net/wireless/broadcom/brcm80211/brcmfmac/tracepoint.h"),
    # its creator, vfio_pci_nvlink2.c, is gone
    ("TC206", "drivers/vfio/pci/trace.h"),
    # #if !defined(_X_TRACE_H) and #define _X_TRACE_H_; in the last no #define at all
    ("TC208", "drivers/gpu/drm/lima/lima_trace.h"),
    ("TC208", "drivers/gpu/drm/radeon/radeon_trace.h"),
    ("TC208", "drivers/scsi/sd_trace.h"),
}
"""Each read in the source of 6.12."""


def found(tree: Path) -> set[tuple[str, str]]:
    ran = run_there("check", tree, "--json")
    assert ran.code in (0, 1), ran.err
    return {
        (each["rule"], each["file"])
        for each in json.loads(ran.out)["findings"]
        if each["rule"].startswith(("TC2", "TC9"))
    }


def test_what_is_found_in_an_unmodified_kernel(linux_tree: Path) -> None:
    assert found(linux_tree) == JUDGED


def test_the_series_changes_nothing_about_trace_headers(converted_tree: Path) -> None:
    assert found(converted_tree) == JUDGED
