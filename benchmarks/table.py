"""A table as text: the first columns to the left, figures to the right."""


class Table:
    def __init__(self, *titles: str, left: int = 2) -> None:
        self._rows: list[tuple[str, ...]] = [titles]
        self._left = left

    def row(self, *cells: str) -> None:
        self._rows.append(cells)

    def text(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self._rows, strict=True)]
        lines = ["  ".join(self._padded(cells, widths)).rstrip() for cells in self._rows]
        return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])

    def _padded(self, cells: tuple[str, ...], widths: list[int]) -> list[str]:
        return [
            cell.ljust(width) if number < self._left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
