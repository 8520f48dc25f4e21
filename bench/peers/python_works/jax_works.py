"""Peer jax: jitted functions; matrix products in full float32.

A call returns when its kernels are queued. There is one queue, so the latest result is ready last: `wait` waits for it.
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
from python_works import gpu_common

if jax.default_backend() != "gpu":
    raise RuntimeError("JAX finds no GPU")

jax.config.update("jax_default_matmul_precision", "highest")

version = jax.__version__
target = jax.devices()[0].device_kind

functions = SimpleNamespace(exp=jnp.exp, log=jnp.log, sqrt=jnp.sqrt, erf=jax.scipy.special.erf)

latest = None


def place(host):
    return jax.device_put(host).block_until_ready()


def wait():
    jax.block_until_ready(latest)


def fetch(output):
    return jax.device_get(output)


def clear():
    global latest
    latest = None


def layernorm(x):
    centered = x - x.mean(axis=1, keepdims=True)
    variance = x.var(axis=1, keepdims=True)
    return centered / jnp.sqrt(variance + gpu_common.LAYERNORM_EPSILON)


def work(function, waits=False):
    compiled = jax.jit(function)

    def prepare(**inputs):
        def call():
            global latest
            latest = compiled(**inputs)
            if waits:
                wait()
            return latest

        return call

    return prepare


WORKS = {
    "deviceCopy": work(lambda x: jnp.copy(x)),
    "multiplyOnGpu": work(lambda a, b: a * b),
    "multiplyAwaited": work(lambda a, b: a * b, waits=True),
    "productSumOnGpu": work(lambda a, b: (a * b).sum()),
    "chain10OnGpu": work(lambda a, b, c, d: gpu_common.chain10(a, b, c, d, functions)),
    "blackScholesOnGpu": work(
        lambda spot, strike, years: gpu_common.black_scholes(spot, strike, years, functions)
    ),
    "softmaxOnGpu": work(lambda x: jax.nn.softmax(x, axis=1)),
    "layernormOnGpu": work(layernorm),
    "matmulOnGpu": work(lambda a, b: a @ b),
}
