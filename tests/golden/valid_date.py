"""Whether a month has such a day.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "2 integers: month 1 to 12, day 1 to 31"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    month, day = inputs
    return day <= {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, (list, tuple)) and len(inputs) == 2):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for value, (low, high) in zip(inputs, ((1, 12), (1, 31))):
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
