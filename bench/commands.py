"""A command of surveyapp in a process of its own: its processor time, and its peak of memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

# What a process that begins another one has used is counted to that one by getrusage, until it begins its own program
# and often beyond; VmHWM is of the program alone.
PROGRAM = """
import json, re, sys, time
from pathlib import Path
from surveyapp.cli import main
started, used = time.perf_counter(), time.process_time()
main(sys.argv[1:], standalone_mode=False)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps({
    "cpu s": time.process_time() - used,
    "wall s": time.perf_counter() - started,
    "peak MB": int(peak.group(1)) / 1024,
}))
"""


def run(url: str, folder: Path, *arguments: str) -> dict[str, float]:
    """Run `surveyapp` with these arguments on the database at `url`; processor seconds, wall seconds and peak MB.

    Raises:
        CalledProcessError: the command failed; what it said is printed.
    """
    environment = {**os.environ, "SURVEYAPP_DATABASE_URL": url, "SURVEYAPP_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
