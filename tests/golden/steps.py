"""Whether the next number is larger, equal or smaller.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 5 symbols of 0 to 4"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    xs = inputs[1:]
    out = [None]
    for x, following in zip(xs, xs[1:] + [None]):
        if following is None:
            out.append("end")
        elif x < following:
            out.append("up")
        elif x == following:
            out.append("level")
        else:
            out.append("down")
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and inputs[:1] == ["<bos>"] and 2 <= len(inputs) <= 6):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for symbol in inputs[1:]:
        if type(symbol) is not int or not 0 <= symbol <= 4:
            raise ValueError(f"{symbol!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
