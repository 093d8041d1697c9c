"""The symbols that may come next where brackets must match, at most three deep.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 8 symbols of (, ), x then <eos>"
SYMBOLS = ("(", ")", "x", "<eos>")
ALLOWED = {0: {"(", "x", "<eos>"}, 3: {")", "x"}}


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    depth, out = 0, [None]
    for token in inputs[1:]:
        depth += (token == "(") - (token == ")")
        out.append(frozenset(ALLOWED.get(depth, {"(", ")", "x"})))
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (
        isinstance(inputs, list)
        and inputs[:1] == ["<bos>"]
        and inputs[-1:] == ["<eos>"]
        and 3 <= len(inputs) <= 10
    ):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for symbol in inputs[1:-1]:
        if symbol not in ("(", ")", "x"):
            raise ValueError(f"{symbol!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            answer = predict(json.loads(line))
            print(json.dumps(answer, default=lambda found: sorted(found, key=SYMBOLS.index)))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
