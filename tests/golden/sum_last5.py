"""The sum of the last five numbers.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "1 to 10 integers, 0 to 99"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    return [sum(inputs[max(0, i - 5) : i]) for i in range(1, len(inputs) + 1)]


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and 1 <= len(inputs) <= 10):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for value in inputs:
        if type(value) is not int or not 0 <= value <= 99:
            raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
