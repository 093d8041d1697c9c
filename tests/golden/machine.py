"""Whether the machine rests.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 7 symbols of a, b, c"
NEXT_STATE = {
    (0, "a"): 1, (0, "b"): 0, (0, "c"): 2,
    (1, "a"): 2, (1, "b"): 1, (1, "c"): 2,
    (2, "a"): 0, (2, "b"): 2, (2, "c"): 2,
}


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    state, out = 0, [None]
    for token in inputs[1:]:
        state = NEXT_STATE[state, token]
        out.append(state == 0)
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and inputs[:1] == ["<bos>"] and 2 <= len(inputs) <= 8):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for symbol in inputs[1:]:
        if symbol not in ("a", "b", "c"):
            raise ValueError(f"{symbol!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
