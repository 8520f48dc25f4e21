"""Peer torch tf32: matrix products alone, on tensor cores, with operands rounded to 10 bits of fraction."""

import torch
from python_works import torch_works
from python_works.torch_works import clear, fetch, place, target, version, wait

__all__ = ["WORKS", "clear", "fetch", "place", "target", "version", "wait"]

torch.set_float32_matmul_precision("high")

WORKS = {"matmulOnGpu": torch_works.WORKS["matmulOnGpu"]}
