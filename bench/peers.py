"""What the benches of the engines share: running something apart, with its time and its peak memory, and tables."""

import json
import os
import resource
import subprocess
import sys
import time


def measured(command, threads=1, timeout=1800):
    """Runs a command of its own process; gives what it printed as JSON, with `memory` in MiB and `wall` in seconds."""
    names = ["POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]
    env = {**os.environ, **{name: str(threads) for name in names}}
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=env)
    try:
        out, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return {"failed": f"not done after {timeout} s"}
    if child.returncode not in (0, 1):
        return {"failed": f"exit {child.returncode}"}
    answer = json.loads(out.splitlines()[-1])
    return {"wall": time.perf_counter() - started, **answer}


def peak():
    """Peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(arguments, threads=1):
    """Runs `zhida`; its peak memory is read from the operating system's account of the child."""
    binary = os.environ["ZHIDA_BIN"]
    code = (
        "import json,resource,subprocess,sys;"
        "p=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE);"
        "a=json.loads(p.stdout);"
        "a['memory']=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024;"
        "print(json.dumps(a));sys.exit(p.returncode)"
    )
    command = [sys.executable, "-c", code, binary, *arguments, "--threads", str(threads), "--json", "-"]
    return measured(command, threads)


def best(run, times=3):
    """The fastest of some runs by the key `run` is compared with; failures end it."""
    answers = []
    for _ in range(times):
        answer = run()
        if "failed" in answer:
            return answer
        answers.append(answer)
    return min(answers, key=lambda a: a["time"])


def table(head, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def seconds(x):
    return f"{x * 1000:.1f} ms" if x < 1 else f"{x:.2f} s"


def write(name, title, text):
    """Puts a bench's text into its part of the page of measurements."""
    page = "docs/book/src/benchmarks.md"
    with open(page, encoding="utf-8") as file:
        old = file.read()
    begin, end = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    part = f"{begin}\n\n## {title}\n\n{text}\n\n{end}"
    if begin in old:
        old = old[: old.index(begin)] + part + old[old.index(end) + len(end) :]
    else:
        old = old.rstrip() + "\n\n" + part + "\n"
    with open(page, "w", encoding="utf-8") as file:
        file.write(old)
    print(text)
