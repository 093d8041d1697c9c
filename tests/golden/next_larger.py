"""After <sep>, the least number that is larger than this one, <eos> after the largest.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 30 symbols of 0 to 149, <sep>, <eos>"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    tokens = inputs[1:]
    numbers = [token if isinstance(token, int) else -1 for token in tokens]
    seen, out = False, [None]
    for number, token in zip(numbers, tokens):
        larger = min((other for other in numbers if other > number), default=None)
        seen = seen or token == "<sep>"
        answer = "<eos>" if larger is None else larger
        out.append(answer if seen else None)
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and inputs[:1] == ["<bos>"] and 2 <= len(inputs) <= 31):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for symbol in inputs[1:]:
        if repr(symbol) not in map(repr, (*range(150), "<sep>", "<eos>")):
            raise ValueError(f"{symbol!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
