"""The number after the first place of the number here, '<eos>' where a mark comes after it.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 30 symbols of 0 to 149, <sep>, <eos>"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    first_choice, previous, out = {}, -2, [None]
    for token in inputs[1:]:
        number = token if isinstance(token, int) else -1
        first_choice.setdefault(previous, "<eos>" if number == -1 else number)
        out.append(first_choice.get(number))
        previous = number
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
