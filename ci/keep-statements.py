"""Keeps what this version asks of the schema, out of what its tests have recorded: `make statements`.

What the tests themselves send is left out: only texts that are in the program as they were sent are kept.
"""

import json
import pathlib
import re
import sys

recorded, program, kept = (pathlib.Path(argument) for argument in sys.argv[1:4])
version = re.search(r'^version = "(.*)"', pathlib.Path("Cargo.toml").read_text(), re.MULTILINE)[1]
text = program.read_bytes()

for database in ("sqlite", "postgres"):
    sent = set()
    for file in recorded.glob(f"*.{database}"):
        for line in file.read_text().splitlines():
            try:
                sent.add(json.loads(line))
            except ValueError:
                # Written by Rust: an escape that is not JSON's is in no text of the program.
                continue
    own = {re.sub(r"\s+", " ", sql).strip() for sql in sent if sql.encode() in text}
    own = {sql for sql in own if re.match(r"(select|insert|update|delete|with)\b", sql)}
    name = kept / f"{version}.{database}.sql"
    name.write_text("".join(f"{sql}\n" for sql in sorted(own)))
    print(f"{name}: {len(own)} of {len(sent)} statements")
