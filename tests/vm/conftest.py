from tests.kernel.lab.fixtures import converted_tree, linux_tree, runtime_build, tiny_build

__all__ = ["converted_tree", "linux_tree", "runtime_build", "tiny_build"]
