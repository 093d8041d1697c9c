"""At each position: {'(', '<eos>'} where the running count of '(' minus that of ')' is 0, {')'}
where it is 3, else {'(', ')'}.

Compiled from brackets (sha256 4959a910ee23) by distill 0.1.0. Equal to the network on every
output of 967 inputs that the search had not seen (at least 99.52% of such inputs agree wholly,
at 99 % confidence); the network was found to compute it this way.
"""

import json
import sys

DOMAIN = "<bos> then symbols of (, )"
SYMBOLS = ("(", ")", "<eos>")
ALLOWED = {0: {"(", "<eos>"}, 3: {")"}}


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    depth, out = 0, [None]
    for token in inputs[1:]:
        depth += (token == "(") - (token == ")")
        out.append(frozenset(ALLOWED.get(depth, {"(", ")"})))
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and inputs[:1] == ["<bos>"]):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for symbol in inputs[1:]:
        if symbol not in ("(", ")"):
            raise ValueError(f"{symbol!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            answer = predict(json.loads(line))
            print(json.dumps(answer, default=lambda found: sorted(found, key=SYMBOLS.index)))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
