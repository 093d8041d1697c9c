"""Where a mass on a spring is that is pushed by x at each step.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "1 to 10 integers, -10 to 10"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    older, state, out = 0, 0, []
    for x in inputs:
        older, state = state, x + state - older
        out.append(state)
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and 1 <= len(inputs) <= 10):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for value in inputs:
        if type(value) is not int or not -10 <= value <= 10:
            raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
