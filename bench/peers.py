"""What the benches of the engines share: running something apart, with its time and its peak memory, and tables."""

import json
import math
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


def ours(arguments, threads=1, timeout=600):
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
    return measured(command, threads, timeout)


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


COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56778a"]


def plot(name, rows, series, size, time):
    """How time grows with size, both in powers of ten, as a picture beside the page; the columns are given by number."""
    lines = {}
    for row in rows:
        number = str(row[time]).split()
        if len(number) != 2 or number[1] not in ("ms", "s"):
            continue
        seconds = float(number[0]) / (1000 if number[1] == "ms" else 1)
        lines.setdefault(", ".join(str(row[k]).strip("*") for k in series), []).append((int(str(row[size]).replace(",", "")), max(seconds, 1e-5)))
    time = lambda k: f"{10 ** k:g} s" if k >= 0 else f"{10 ** (k + 3):g} ms"
    return draw(name, lines, lambda k: f"{10 ** k:,}", time, "How time grows with size")


def draw(name, lines, below, beside, words):
    """Lines of points, both axes in powers of ten; `below` and `beside` tell how a power is written."""
    points = [p for line in lines.values() for p in line]
    left, right, top, bottom = 70, 560, 20, 340
    lows = [math.floor(math.log10(min(p[k] for p in points))) for k in (0, 1)]
    highs = [max(math.ceil(math.log10(max(p[k] for p in points))), lows[k] + 1) for k in (0, 1)]
    x = lambda n: left + (math.log10(n) - lows[0]) / (highs[0] - lows[0]) * (right - left)
    y = lambda t: bottom - (math.log10(t) - lows[1]) / (highs[1] - lows[1]) * (bottom - top)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 380" font-family="sans-serif" font-size="12" fill="#1f2937">']
    for k in range(lows[1], highs[1] + 1):
        label = beside(k)
        out.append(f'<line x1="{left}" x2="{right}" y1="{y(10.0 ** k):.1f}" y2="{y(10.0 ** k):.1f}" stroke="#d5dbe3"/>')
        out.append(f'<text x="{left - 8}" y="{y(10.0 ** k) + 4:.1f}" text-anchor="end">{label}</text>')
    for k in range(lows[0], highs[0] + 1):
        out.append(f'<text x="{x(10.0 ** k):.1f}" y="{bottom + 20}" text-anchor="middle">{below(k)}</text>')
    ends = []
    for at, (label, line) in enumerate(lines.items()):
        colour = COLOURS[at % len(COLOURS)]
        dash = ' stroke-dasharray="6 4"' if at >= len(COLOURS) else ""
        path = " ".join(f"{x(n):.1f},{y(t):.1f}" for n, t in sorted(line))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        n, t = max(line)
        out.append(f'<circle cx="{x(n):.1f}" cy="{y(t):.1f}" r="3" fill="{colour}"/>')
        ends.append([y(t) + 4, label, colour])
    # Labels that would lie on each other are moved apart.
    last = float("-inf")
    for end in sorted(ends):
        end[0] = last = max(end[0], last + 15)
        out.append(f'<text x="{right + 12}" y="{end[0]:.1f}" fill="{end[2]}">{end[1]}</text>')
    with open(f"docs/book/src/shots/bench-{name}.svg", "w", encoding="utf-8") as file:
        file.write("\n".join([*out, "</svg>"]) + "\n")
    return f"![{words}](shots/bench-{name}.svg)"


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
