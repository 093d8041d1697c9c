"""Whether a loan is granted.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "3 integers, 0 to 9"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    income, debt, years = inputs
    if income > 2 * debt + 1:
        return "yes"
    if years < 2 or debt == 9:
        return "no"
    if debt + 7 < income + years:
        return "ask"
    return "no"


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, (list, tuple)) and len(inputs) == 3):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for value in inputs:
        if type(value) is not int or not 0 <= value <= 9:
            raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
