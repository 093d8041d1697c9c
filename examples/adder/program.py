"""At each position, (a + b + previous carry) % 4, where the carry starts at 0 and at each step
becomes (a + b + carry) // 4.

Compiled from adder (sha256 a7a1daa31142) by distill 0.1.0. Equal to the network on every input
of the domain (69,904); the network was found to compute it this way.
"""

import json
import sys

DOMAIN = "1 to 4 steps of 2 integers, 0 to 3"


def predict(inputs, strict=True):
    if strict:
        _check(inputs)
    carry, out = 0, []
    for a, b in inputs:
        total = a + b + carry
        out.append(total % 4)
        carry = total // 4
    return out


def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]


def _check(inputs):
    if not (isinstance(inputs, list) and 1 <= len(inputs) <= 4):
        raise ValueError(f"{inputs!r:.99} is not in the domain: {DOMAIN}")
    for step in inputs:
        if not (isinstance(step, (list, tuple)) and len(step) == 2):
            raise ValueError(f"{step!r:.99} is not in the domain: {DOMAIN}")
        for value in step:
            if type(value) is not int or not 0 <= value <= 3:
                raise ValueError(f"{value!r:.99} is not in the domain: {DOMAIN}")


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            print(json.dumps(predict(json.loads(line))))
        except (ValueError, RecursionError) as error:
            print(json.dumps({"error": str(error)}))
