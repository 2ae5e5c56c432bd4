from tests.runtime.real import buffer, tracefs, unmade

__all__ = ["buffer", "tracefs", "unmade"]
