"""Whether debt is below income and missed is at most 2.

Compiled from loan (sha256 df3a1a869aaa) by distill 0.1.0. Equal to the network on every input
of the domain (2,646).
"""

import json
import sys

DOMAIN = "3 integers: income 0 to 20, debt 0 to 20, missed 0 to 5"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    income, debt, missed = inputs
    return debt < income and missed <= 2


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, (list, tuple)) and len(inputs) == 3):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for value, (low, high) in zip(inputs, ((0, 20), (0, 20), (0, 5))):
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
