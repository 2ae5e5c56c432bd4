from tests.kernel.lab.fixtures import linux_tree, tiny_build

__all__ = ["linux_tree", "tiny_build"]
