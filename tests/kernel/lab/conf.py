"""The kernel's own conf: what make's configuration targets write."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.kernel.lab.cache import program


class Conf:
    """make's configuration targets, out of tree, for one architecture."""

    def __init__(self, tree: Path, arch: str, out: Path) -> None:
        for name in ("make", "flex", "bison", "gcc"):
            program(name, name)
        self.tree, self.arch, self.out = tree, arch, out

    def given(self, target: str) -> Path:
        """The configuration that a target makes, made once."""
        config = self.out / f"{target}.config"
        return config if config.exists() else self.make(target, config)

    def make(self, target: str, config: Path, **variables: str) -> Path:
        settings = {"O": self.out, "ARCH": self.arch, "CC": "gcc", "KCONFIG_CONFIG": config}
        settings |= variables
        words = [f"{name}={value}" for name, value in settings.items()]
        command = ["make", "-s", "-C", str(self.tree), *words, target]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return config

    def olddefconfig(self, base: Path) -> str:
        result = self.out / "oracle.config"
        result.write_bytes(base.read_bytes())
        return self.make("olddefconfig", result).read_text()

    def merged(self, base: Path, fragment: Path) -> str:
        """What merge_config.sh and then olddefconfig make of the two."""
        merge = self.tree / "scripts/kconfig/merge_config.sh"
        command = [str(merge), "-m", "-O", str(self.out), str(base), str(fragment)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.out)
        return self.olddefconfig(self.out / ".config")
