"""Peer numexpr-parallel: the same on all threads, as NUMEXPR_NUM_THREADS says."""

from python_works.numexpr_works import WORKS, target, version

__all__ = ["WORKS", "target", "version"]
