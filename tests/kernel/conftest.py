from tests.kernel.lab.fixtures import (
    converted_tree,
    debian_modules,
    linux_tree,
    runtime_build,
    runtime_build_without_gpio_events,
    tiny_build,
    tiny_build_all_on,
    tiny_build_only_gpio,
)

__all__ = [
    "converted_tree",
    "debian_modules",
    "linux_tree",
    "runtime_build",
    "runtime_build_without_gpio_events",
    "tiny_build",
    "tiny_build_all_on",
    "tiny_build_only_gpio",
]
