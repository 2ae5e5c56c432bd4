"""The only user of Jinja: every text that tracecfg generates is a template."""

from __future__ import annotations

from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tracecfg.errors import UsageError


class Templates:
    """Renders templates from the package, or a user's folder where that has one of the name.

    A user's templates are untrusted text: they run in Jinja's sandbox.
    """

    def __init__(self, user_folder: Path | None = None) -> None:
        loaders: list[PackageLoader | FileSystemLoader] = [PackageLoader("tracecfg", "templates")]
        if user_folder is not None:
            if not user_folder.is_dir():
                raise UsageError(f"{user_folder}: no folder with templates")
            loaders.insert(0, FileSystemLoader(user_folder))
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader(loaders),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )

    def render(self, template: str, **values: object) -> str:
        """Raises UsageError when a user's template is broken, with its line."""
        try:
            return self._environment.get_template(template).render(**values)
        except Exception as error:
            # a template may fail in any way that an expression can: 1/0, text plus number
            line = getattr(error, "lineno", None)
            raise UsageError(f"template {template}{f':{line}' if line else ''}: {error}") from error
