"""After <sep>, the commoner of the two bits before it.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 12 symbols of 0, 1, <sep>, <eos>"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    count_0 = count_1 = 0
    seen, out = False, [None]
    for token in inputs[1:]:
        count_0 += token == 0
        count_1 += token == 1
        seen = seen or token == "<sep>"
        answer = 1 if count_0 < count_1 else 0
        out.append(answer if seen else None)
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and inputs[:1] == ["<bos>"] and 2 <= len(inputs) <= 13):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for symbol in inputs[1:]:
        if repr(symbol) not in map(repr, (0, 1, "<sep>", "<eos>")):
            raise ValueError(f"{symbol!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
