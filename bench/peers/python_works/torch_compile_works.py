"""Peer torch.compile: the functions of peer torch, compiled (Inductor, shapes fixed), with softmax and layernorm as there."""

import torch
from python_works import torch_works
from python_works.torch_works import clear, fetch, place, target, version, wait

__all__ = ["WORKS", "clear", "fetch", "place", "target", "version", "wait"]

WORKS = torch_works.on_gpu(lambda function: torch.compile(function, dynamic=False))
