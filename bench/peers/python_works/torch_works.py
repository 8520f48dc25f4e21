"""Peer torch: PyTorch as one calls it, one kernel per operation; matrix products in full float32.

A call returns when its kernels are queued; `wait` waits for the device.
"""

import torch
from python_works import gpu_common

if not torch.cuda.is_available():
    raise RuntimeError("PyTorch finds no GPU")

torch.set_float32_matmul_precision("highest")
torch.set_grad_enabled(False)

version = torch.__version__
target = torch.cuda.get_device_name()


def place(host):
    return torch.from_numpy(host).cuda()


def wait():
    torch.cuda.synchronize()


def fetch(output):
    return output.cpu().numpy()


def clear():
    torch.cuda.empty_cache()


def multiply(a, b):
    return a * b


def product_sum(a, b):
    return (a * b).sum()


def chain10(a, b, c, d):
    return gpu_common.chain10(a, b, c, d, torch)


def black_scholes(spot, strike, years):
    return gpu_common.black_scholes(spot, strike, years, torch)


def softmax(x):
    return torch.softmax(x, dim=1)


def layernorm(x):
    return torch.nn.functional.layer_norm(x, x.shape[1:], eps=gpu_common.LAYERNORM_EPSILON)


def matmul(a, b):
    return a @ b


def device_copy(x):
    out = torch.empty_like(x)
    return lambda: out.copy_(x)


def awaited(call):
    def call_and_wait():
        result = call()
        wait()
        return result

    return call_and_wait


def on_gpu(prepare):
    """The works, each function made ready by `prepare`."""

    def work(function):
        ready = prepare(function)
        return lambda **inputs: lambda: ready(**inputs)

    return {
        "multiplyOnGpu": work(multiply),
        "multiplyAwaited": lambda a, b, ready=prepare(multiply): awaited(lambda: ready(a, b)),
        "productSumOnGpu": work(product_sum),
        "chain10OnGpu": work(chain10),
        "blackScholesOnGpu": work(black_scholes),
        "softmaxOnGpu": work(softmax),
        "layernormOnGpu": work(layernorm),
        "matmulOnGpu": work(matmul),
    }


WORKS = {"deviceCopy": device_copy, **on_gpu(lambda function: function)}
