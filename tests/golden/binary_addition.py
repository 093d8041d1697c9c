"""The digits of the sum of two numbers in base 2, lowest first.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "1 to 10 steps of 2 integers, 0 to 1"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    carry, out = 0, []
    for a, b in inputs:
        total = a + b + carry
        out.append(total % 2)
        carry = total // 2
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and 1 <= len(inputs) <= 10):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for step in inputs:
        if not (isinstance(step, (list, tuple)) and len(step) == 2):
            raise ValueError(f"{step!r:.99} is not in the domain: {DOMAIN}")
        for value in step:
            if type(value) is not int or not 0 <= value <= 1:
                raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
