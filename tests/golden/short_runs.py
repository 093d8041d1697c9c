"""The bits that may come next where no three 0 stand together.

Written by hand, as an example. Equal to the interpreter on samples of its domain.
"""

import json
import sys

DOMAIN = "<bos> then 1 to 12 symbols of 0, 1, <sep>, <eos>"
SYMBOLS = (0, 1)


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    run, out = 0, [None]
    for token in inputs[1:]:
        run = run + 1 if token == 0 else 0
        allowed = {1} if run == 2 else {0, 1}
        out.append(frozenset(allowed) if token != "<eos>" else None)
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
            answer = predict(json.loads(line))
            print(json.dumps(answer, default=lambda found: sorted(found, key=SYMBOLS.index)))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
