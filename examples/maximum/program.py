"""At each position, the largest x so far.

Compiled from maximum (sha256 a23d9669b3e3) by distill 0.1.0. Equal to the network on every
input of the domain (16,104); the network was found to compute it this way.
"""

import json
import sys
from itertools import accumulate

DOMAIN = "1 to 4 integers, -5 to 5"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    return list(accumulate(inputs, max))


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and 1 <= len(inputs) <= 4):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for value in inputs:
        if type(value) is not int or not -5 <= value <= 5:
            raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
