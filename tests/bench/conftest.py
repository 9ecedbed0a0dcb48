"""A corpus small enough that every benchmark is through with it in a second or two."""

from __future__ import annotations

from pathlib import Path

import pytest

SHOP = {
    "README.md": "# Shop\n\nShop sells things over the counter.\n",
    "shop/till.py": 'class Till:\n    """Counts money."""\n\n    def total(self, prices):\n'
    '        """Return the sum of prices."""\n        return add_up(prices)\n\n\ndef add_up(numbers):\n'
    "    result = 0\n    for number in numbers:\n        result += number\n    return result\n",
    "shop/door.py": "from shop.till import Till\n\n\ndef enter():\n    return Till().total([1])\n",
    "web/app.ts": "export function greet(name: string): string {\n  return `Hello ${name}`;\n}\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for path, text in SHOP.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def value(output: str, row: str) -> str:
    """What stands beside the first row that starts with `row`: figures, target and verdict."""
    lines = [line.strip() for line in output.splitlines() if line.strip().startswith(row)]
    assert lines, f"no row {row!r} in:\n{output}"
    return lines[0].removeprefix(row).strip()
