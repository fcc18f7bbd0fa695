"""Networks of every task, as `predict` is tested with."""

from __future__ import annotations

from tests.training.conftest import trained, workplace

__all__ = ["trained", "workplace"]
