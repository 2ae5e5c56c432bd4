from tests.kernel.lab.fixtures import linux_tree, runtime_build, tiny_build

__all__ = ["linux_tree", "runtime_build", "tiny_build"]
