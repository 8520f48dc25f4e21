"""The Python side of the harness: one library of `python_works`, served over JSON lines on stdin and stdout.

The child lives as long as the run. It makes its own inputs, times calls inside itself, and sends back only
durations and thinned-out results, so that neither data nor messages are part of a time.

A library has `version`, `target` and `WORKS`: by name, a function of the inputs that gives the function to time. One
for a device has `place` and `fetch` too, which bring arrays there and back, `wait`, until all calls so far are done,
and `clear`, which lets go of memory. Its inputs stay on the device for the next case that has the same.

    {"do": "prepare", "work": NAME, "inputs": {NAME: SPEC}}  ->  {"able": true | false}
    {"do": "run", "n": N}                                    ->  {"ns": NANOSECONDS OF N CALLS}
    {"do": "sample"}                                         ->  {"outputs": [{"length", "mean", "elements"}]}
    {"do": "release"}                                        ->  {}

Any request may be answered by {"error": TEXT}; the child then goes on serving.
"""

import importlib
import json
import math
import os
import sys
from time import perf_counter_ns

import numpy as np
from python_works.inputs import generate

SAMPLED = 64


class Session:
    """The case being measured: its call, and the result of the latest one."""

    def __init__(self, library):
        self.library = library
        self.place = getattr(library, "place", None)
        self.wait = getattr(library, "wait", lambda: None)
        self.fetch = getattr(library, "fetch", np.asarray)
        self.placed = {}
        self.call = None
        self.result = None

    def prepare(self, request):
        work = self.library.WORKS.get(request["work"])
        if work is None:
            return {"able": False}
        self.call = work(**{name: self.input(spec) for name, spec in request["inputs"].items()})
        return {"able": True}

    def input(self, spec):
        if self.place is None:
            return generate(spec)
        key = json.dumps(spec, sort_keys=True)
        if key not in self.placed:
            self.placed[key] = self.place(generate(spec))
        return self.placed[key]

    def run(self, request):
        call = self.call
        start = perf_counter_ns()
        for _ in range(request["n"]):
            result = call()
        self.wait()
        elapsed = perf_counter_ns() - start
        self.result = result
        return {"ns": elapsed}

    def sample(self, _request):
        outputs = self.result if isinstance(self.result, tuple) else (self.result,)
        return {"outputs": [thinned(np.asarray(self.fetch(output)).reshape(-1)) for output in outputs]}

    def release(self, _request):
        self.call = self.result = None
        if hasattr(self.library, "clear"):
            self.library.clear()
        return {}


def thinned(output):
    """As `sampleOf` in bench/measure/agreement.ts."""
    length = output.size
    count = min(length, SAMPLED)
    indices = [0 if count < 2 else k * (length - 1) // (count - 1) for k in range(count)]
    return {
        "length": length,
        "mean": finite(output.mean(dtype=np.float64)),
        "elements": [finite(output[index]) for index in indices],
    }


def finite(value):
    return float(value) if math.isfinite(value) else None


def main():
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    library = importlib.import_module(f"python_works.{sys.argv[1]}_works")
    session = Session(library)
    send({"version": library.version, "target": library.target}, answers)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            send(getattr(session, request["do"])(request), answers)
        except Exception as error:
            session.release(request)
            send({"error": f"{type(error).__name__}: {error}"}, answers)


def send(message, answers):
    print(json.dumps(message), file=answers, flush=True)


main()
