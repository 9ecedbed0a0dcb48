"""Exports are made of the same hostile pack that the viewer is tried with."""

from tests.viewer.conftest import hostile

__all__ = ["hostile"]
