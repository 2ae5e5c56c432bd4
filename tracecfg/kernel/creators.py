"""Which .c files make the tracepoints of which trace headers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from tracecfg.kernel.drafts import Created
from tracecfg.kernel.resolve import Includes
from tracecfg.kernel.source import Source

CREATES = "CREATE_TRACE_POINTS"


class Creators:
    """Finds the creators among the files of a scan."""

    def __init__(
        self, trace_headers: Collection[str], files: Mapping[str, Source], includes: Includes
    ) -> None:
        self.trace_headers = frozenset(trace_headers)
        self.files = files
        self.includes = includes
        self.behind: dict[tuple[str, int], tuple[str, ...]] = {}

    def found(self, paths: Iterable[str]) -> list[Created]:
        """paths: of .c files that hold CREATES"""
        return [
            created for path in paths for created in self._created(self._creating(self.files[path]))
        ]

    def _creating(self, source: Source) -> Source:
        """The file up to the last #include that may bring in a trace header: many are long, and
        that place is near the top."""
        last = source.text.find(CREATES)
        for argument, end in source.includes_behind(last):
            if argument.startswith('"') or self.includes.may_be_scanned(argument):
                last = end
        return source.up_to(last)

    def _created(self, source: Source) -> Iterator[Created]:
        creating = False
        for directive in source.directives:
            if directive.word == "define" and directive.rest.split()[:1] == [CREATES]:
                creating = True
            elif directive.word == "undef" and directive.rest == CREATES:
                creating = False
            elif directive.word == "include" and creating:
                for trace_header in self._trace_headers_behind(source.path, directive.rest):
                    yield Created(
                        place=source.place(directive.start),
                        header=trace_header,
                        source=source.path,
                        needs=source.needed_at(directive.start),
                    )

    def _trace_headers_behind(self, includer: str, include: str, depth: int = 0) -> tuple[str, ...]:
        """The trace headers that an #include brings in: itself, or what it includes in turn."""
        header = self.includes.resolve(includer, include)
        if header is None or depth == 3:
            return ()
        if header.path in self.trace_headers:
            return (header.path,)
        key = (header.path, depth)
        if key not in self.behind:
            self.behind[key] = tuple(
                found
                for argument in header.includes
                for found in self._trace_headers_behind(header.path, argument, depth + 1)
            )
        return self.behind[key]
