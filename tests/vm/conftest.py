from tests.kernel.lab.fixtures import (
    converted_tree,
    linux_tree,
    runtime_build,
    runtime_build_without_gpio_events,
    tiny_build,
)

__all__ = [
    "converted_tree",
    "linux_tree",
    "runtime_build",
    "runtime_build_without_gpio_events",
    "tiny_build",
]
