"""Peer numpy-pool: NumPy in the processes of a multiprocessing.Pool, for families of small computations."""

import os
from multiprocessing import Pool

import numpy as np
from python_works.numpy_works import PRODUCT_SUMS, mean_square, product_of_normals

version = np.__version__
target = "native"

PROCESSES = int(os.environ["OMP_NUM_THREADS"])
PI_POINTS = 1_000_000_000
BLOCK = 1_000_000


def points_inside(block):
    random = np.random.default_rng(block)
    x, y = random.random(BLOCK), random.random(BLOCK)
    return np.count_nonzero(x * x + y * y < 1)


def pool():
    """Started once; the processes are there when the time is taken."""
    pool.processes = getattr(pool, "processes", None) or Pool(PROCESSES)
    return pool.processes


def product_sums():
    # The longest first: no process is left with a long one at the end.
    return mean_square(pool().map(product_of_normals, range(PRODUCT_SUMS, 0, -1), chunksize=100)[::-1])


def monte_carlo_pi():
    return 4 * sum(pool().imap_unordered(points_inside, range(PI_POINTS // BLOCK))) / PI_POINTS


WORKS = {
    "productSums": lambda: product_sums,
    "monteCarloPi": lambda: monte_carlo_pi,
}
