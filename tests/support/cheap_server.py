"""The ``audittrail`` command, with passwords that are hashed in a millisecond.

A person of a test is registered in a server's process: with the parameters that argon2 has by
default each takes 64 MiB and a quarter of a second of CPU, some thousand times in a run of all
tests. ``tests/api/test_accounts.py`` registers and logs in at a server with the real ones.
"""

from __future__ import annotations

from argon2 import PasswordHasher

from audittrail.accounts import passwords
from audittrail.command import main

if __name__ == "__main__":
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._NOBODY = passwords._nobody()
    main()
