"""Identities of the language, written in the language: wherever the left side stands, the right side may.

Variables by name: p q s hold booleans; a b c numbers; i j d integers; x y z anything; w a condition on pairs.
Every right side is as short as its left or shorter. `dsl/rewrite/match.py` applies them; tests run each one.
"""

from __future__ import annotations

_LOGIC = """
not not p => p
not x == y => x != y
not x != y => x == y
not a < b => b <= a
not a <= b => b < a
p and p => p
p or p => p
p and true => p
p and false => false
p or true => true
p or false => p
p and not p => false
p or not p => true
p and (p or q) => p
p or p and q => p
p or not p and q => p or q
p and (not p or q) => p and q
not p and not q => not (p or q)
not p or not q => not (p and q)
p and q or p and s => p and (q or s)
p == true => p
p == false => not p
p != true => not p
p != false => p
(not p) == q => p != q
(not p) != q => p == q
"""

_CHOICE = """
x if p else x => x
x if not p else y => y if p else x
true if p else q => p or q
q if p else false => p and q
false if p else true => not p
p if p else q => p or q
q if p else p => p and q
1 if p else 0 => int(p)
0 if p else 1 => int(not p)
a if a < b else b => min(a, b)
a if a <= b else b => min(a, b)
b if a < b else a => max(a, b)
b if a <= b else a => max(a, b)
-a if a < 0 else a => abs(a)
a if a > 0 else -a => abs(a)
(x if p else y) if p else z => x if p else z
x if p else (y if p else z) => x if p else z
x if p else (x if q else y) => x if p or q else y
(x if q else y) if p else y => x if p and q else y
x if not p else (y if q else x) => y if p and q else x
x if a < b else (y if q else x) => y if b <= a and q else x
x if a <= b else (y if q else x) => y if b < a and q else x
"""

_ARITHMETIC = """
a + 0 => a
a - 0 => a
a * 1 => a
a * 0 => 0
a / 1 => a
i // 1 => i
i % 1 => 0
0 - a => -a
a - a => 0
a * -1 => -a
--a => a
a + -b => a - b
a - -b => a + b
-(a - b) => b - a
i + j - j => i
i - j + j => i
i - (i - j) => j
i + j - (i + d) => j - d
i * j + i * d => i * (j + d)
abs(-a) => abs(a)
abs(abs(a)) => abs(a)
i % d % d => i % d
(i % d + j) % d => (i + j) % d
(i % d - j) % d => (i - j) % d
(i - j % d) % d => (i - j) % d
(i % d * j) % d => i * j % d
(i - j) % 2 => (i + j) % 2
(i - j + d) % 2 => (i + j + d) % 2
min(a, a) => a
max(a, a) => a
min(a, min(a, b)) => min(a, b)
max(a, max(a, b)) => max(a, b)
min(a, max(a, b)) => a
max(a, min(a, b)) => a
"""

_COMPARISON = """
x == x => true
x != x => false
a < a => false
a <= a => true
a - b < 0 => a < b
a - b > 0 => b < a
a - b <= 0 => a <= b
a - b >= 0 => b <= a
a - b == 0 => a == b
a - b != 0 => a != b
-a < -b => b < a
-a <= -b => b <= a
-a == -b => a == b
-a != -b => a != b
i + d < j + d => i < j
i + d <= j + d => i <= j
i + d == j + d => i == j
i + d != j + d => i != j
i < j + 1 => i <= j
i + 1 <= j => i < j
i - 1 < j => i <= j
i <= j - 1 => i < j
a <= b and b <= a => a == b
a <= b and a != b => a < b
a < b or a == b => a <= b
a < b or b < a => a != b
a == min(a, b) => a <= b
a == max(a, b) => b <= a
"""

_POSITIONS = """
length() - 1 - index() => from_end()
length() - index() - 1 => from_end()
index() + from_end() => length() - 1
index() == length() - 1 => from_end() == 0
running_min(index()) => 0
running_max(index()) => index()
min_all(index()) => 0
running_min(from_end()) => from_end()
first(index()) => 0
last(from_end()) => 0
first(sorted(a)) => min_all(a)
last(sorted(a)) => max_all(a)
sorted(sorted(a)) => sorted(a)
first(running_sum(a)) => first(a)
first(running_min(a)) => first(a)
first(running_max(a)) => first(a)
first(running_any(p)) => first(p)
first(running_every(p)) => first(p)
first(running_mode(x)) => first(x)
since(p) == 0 => p
"""

_AGGREGATES = """
sum_all(int(p)) => count_all(p)
running_sum(int(p)) => running_count(p)
count_all(true) => length()
count_all(p) > 0 => any_all(p)
count_all(p) == 0 => not any_all(p)
count_all(p) != 0 => any_all(p)
count_all(p) == length() => every_all(p)
running_count(p) > 0 => running_any(p)
running_count(p) == 0 => not running_any(p)
running_count(p) != 0 => running_any(p)
running_count(p) == index() + 1 => running_every(p)
count(w) > 0 => any_of(w)
count(w) == 0 => not any_of(w)
count(w) != 0 => any_of(w)
not any_all(not p) => every_all(p)
not every_all(not p) => any_all(p)
not running_any(not p) => running_every(p)
not running_every(not p) => running_any(p)
last(running_count(p)) => count_all(p)
last(running_sum(i)) => sum_all(i)
last(running_min(a)) => min_all(a)
last(running_max(a)) => max_all(a)
last(running_any(p)) => any_all(p)
last(running_every(p)) => every_all(p)
last(running_mode(x)) => mode_all(x)
running_min(running_min(a)) => running_min(a)
running_max(running_max(a)) => running_max(a)
sum_all(running_max(i)) <= sum_all(i) => every_all(i == running_max(i))
sum_all(running_max(i)) == sum_all(i) => every_all(i == running_max(i))
sum_all(i) <= sum_all(running_min(i)) => every_all(i == running_min(i))
sum_all(running_min(i)) == sum_all(i) => every_all(i == running_min(i))
running_any(running_any(p)) => running_any(p)
running_every(running_every(p)) => running_every(p)
"""

_SCANS = """
scan(0, state + i) => running_sum(i)
scan(false, state or p) => running_any(p)
scan(true, state and p) => running_every(p)
scan(0, 0 if p else state + 1) => since(p)
"""

FAMILIES: dict[str, str] = {
    "logic": _LOGIC,
    "choice": _CHOICE,
    "arithmetic": _ARITHMETIC,
    "comparison": _COMPARISON,
    "positions": _POSITIONS,
    "aggregates": _AGGREGATES,
    "scans": _SCANS,
}
