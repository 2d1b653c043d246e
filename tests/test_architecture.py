"""
The arrows between the parts point one way.
"""

from __future__ import annotations

from pathlib import Path

from tests.architecture import violations

ROOT = Path(__file__).parent.parent


def test_imports_point_one_way():
    """
    The core imports no part of the world, a channel no other channel and not the gateway, an emulator nothing of the
    adapter beside it; concrete parts, clocks and the environment are each named in one place.
    """
    assert [] == violations(ROOT)


def test_every_test_mirrors_a_module():
    """
    A test file of a package stands where the module stands that it is about.
    """
    strays = [
        str(test.relative_to(ROOT))
        for package in ("agent_core", "adapters", "gateway")
        for test in (ROOT / "tests" / package).rglob("test_*.py")
        if not list(mirrored(test))
    ]

    assert [] == [stray for stray in strays if not stray.endswith("_properties.py")]


def mirrored(test: Path) -> list[Path]:
    folder = ROOT / test.parent.relative_to(ROOT / "tests")
    name = test.name.removeprefix("test_")
    return [path for path in (folder / name, folder / name.removesuffix(".py")) if path.exists()]


def test_every_test_folder_is_a_package():
    """
    `tests/gateway` never shadows `gateway`.
    """
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}

    assert [] == [str(folder) for folder in folders if not (folder / "__init__.py").exists()]
