"""The command's exit statuses. An internal fault's is 1, which Python gives to any exception that nobody caught."""

HOLDS = 0  # a program was accepted, or holds
BAD = 2  # bad usage or bad input
REFUSED = 3  # no program was accepted, or one does not hold
INTERRUPTED = 130  # as REFUSED, with what was found so far
