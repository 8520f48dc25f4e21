"""The Python side of the harness: one library of `python_works`, served over JSON lines on stdin and stdout.

The child lives as long as the run. It makes its own inputs, times calls inside itself, and sends back only
durations and thinned-out results, so that neither data nor messages are part of a time.

    {"do": "prepare", "work": NAME, "inputs": {NAME: SPEC}}  ->  {"able": true | false}
    {"do": "run", "n": N}                                    ->  {"ns": NANOSECONDS OF N CALLS}
    {"do": "sample"}                                         ->  {"outputs": [{"length", "mean", "elements"}]}
    {"do": "release"}                                        ->  {}

Any request may be answered by {"error": TEXT}; the child then goes on serving.
"""

import importlib
import json
import math
import sys
from time import perf_counter_ns

import numpy as np
from python_works.inputs import generate

SAMPLED = 64


class Session:
    """The case being measured: its call, and the result of the latest one."""

    def __init__(self, library):
        self.library = library
        self.call = None
        self.result = None

    def prepare(self, request):
        work = self.library.WORKS.get(request["work"])
        if work is None:
            return {"able": False}
        self.call = work(**{name: generate(spec) for name, spec in request["inputs"].items()})
        return {"able": True}

    def run(self, request):
        call = self.call
        start = perf_counter_ns()
        for _ in range(request["n"]):
            result = call()
        elapsed = perf_counter_ns() - start
        self.result = result
        return {"ns": elapsed}

    def sample(self, _request):
        outputs = self.result if isinstance(self.result, tuple) else (self.result,)
        return {"outputs": [thinned(np.asarray(output).reshape(-1)) for output in outputs]}

    def release(self, _request):
        self.call = self.result = None
        return {}


def thinned(output):
    """As `sampleOf` in bench/measure/agreement.ts."""
    length = output.size
    count = min(length, SAMPLED)
    indices = [0 if count < 2 else k * (length - 1) // (count - 1) for k in range(count)]
    return {
        "length": length,
        "mean": finite(output.mean()),
        "elements": [finite(output[index]) for index in indices],
    }


def finite(value):
    return float(value) if math.isfinite(value) else None


def main():
    library = importlib.import_module(f"python_works.{sys.argv[1].replace('-', '_')}_works")
    session = Session(library)
    send({"version": library.version, "target": library.target})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            send(getattr(session, request["do"])(request))
        except Exception as error:
            session.release(request)
            send({"error": f"{type(error).__name__}: {error}"})


def send(message):
    print(json.dumps(message), flush=True)


main()
