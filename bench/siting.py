"""Siting: `zhida site median|cover` beside HiGHS, CP-SAT and spopt, in one run, one thread each but for ours on two.

    script/bench siting [FOLDER]     a folder with OR-Library (`pmed*.txt`) and TSPLIB (`*.tsp`) files, and a time limit of
                                     LIMIT seconds for every peer; covering instances are made from a seed"""

import glob
import json
import os
import subprocess
import sys
import tempfile
import time

import peers

LIMIT = 30
COVER = [(1_000, 200, 20, 0.06), (10_000, 1_000, 50, 0.05), (100_000, 5_000, 100, 0.04), (1_000_000, 20_000, 1_000, 0.0564)]


def orlib(path):
    """The distances of an OR-Library file."""
    import numpy as np

    words = open(path).read().split()
    n, m, p = map(int, words[:3])
    d = np.full((n, n), 10**9, dtype=np.int64)
    for k in range(m):
        a, b, c = (int(w) for w in words[3 + 3 * k : 6 + 3 * k])
        d[a - 1, b - 1] = d[b - 1, a - 1] = c
    np.fill_diagonal(d, 0)
    for k in range(n):
        d = np.minimum(d, d[:, k : k + 1] + d[k : k + 1, :])
    return d, p


def tsplib(path):
    """The distances between the points of a TSPLIB file."""
    import numpy as np

    body = open(path).read().split("NODE_COORD_SECTION")[1].split("EOF")[0].split()
    places = np.array(body, dtype=float).reshape(-1, 3)[:, 1:]
    return np.hypot(places[:, None, 0] - places[None, :, 0], places[:, None, 1] - places[None, :, 1])


def distances(path, *p):
    return (tsplib(path), int(p[0])) if path.endswith(".tsp") else orlib(path)


def cover(folder, points, sites, seed=7):
    import numpy as np

    rng = np.random.default_rng(seed)
    demand, places = rng.uniform(0, 1, (points, 2)), rng.uniform(0, 1, (sites, 2))
    weight = rng.integers(1, 101, points)
    with open(os.path.join(folder, "demand.csv"), "w") as file:
        file.write("id,x,y,weight\n" + "".join(f"d{i},{x!r},{y!r},{w}\n" for i, ((x, y), w) in enumerate(zip(demand.tolist(), weight.tolist()))))
    with open(os.path.join(folder, "sites.csv"), "w") as file:
        file.write("id,x,y\n" + "".join(f"s{j},{x!r},{y!r}\n" for j, (x, y) in enumerate(places.tolist())))
    np.savez(os.path.join(folder, "cover.npz"), demand=demand, places=places, weight=weight)


def pairs(folder, radius):
    import numpy as np

    data = np.load(os.path.join(folder, "cover.npz"))
    distance = np.hypot(data["demand"][:, None, 0] - data["places"][None, :, 0], data["demand"][:, None, 1] - data["places"][None, :, 1])
    return distance <= radius, data["weight"]


def highs(kind, *args):
    """The usual integer programme: y(j), and x(ij) for each pair or z(i) for each point."""
    import highspy
    import numpy as np
    import scipy.sparse as sp

    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("threads", 1)
    h.setOptionValue("time_limit", float(LIMIT))
    h.setOptionValue("mip_rel_gap", 0.0)
    if kind == "median":
        d, p = distances(*args)
        n = len(d)
        cost = np.concatenate([np.zeros(n), d.ravel().astype(float)])
        i, j = np.divmod(np.arange(n * n), n)
        serve = sp.csr_matrix((np.ones(n * n), (i, n + np.arange(n * n))), (n, n + n * n))
        link = sp.csr_matrix((np.concatenate([np.ones(n * n), -np.ones(n * n)]), (np.tile(np.arange(n * n), 2), np.concatenate([n + np.arange(n * n), j]))), (n * n, n + n * n))
        count = sp.csr_matrix((np.ones(n), (np.zeros(n, int), np.arange(n))), (1, n + n * n))
        rows, low = sp.vstack([serve, link, count]).tocsr(), np.concatenate([np.ones(n), np.full(n * n, -np.inf), [p]])
        high, whole, sense = np.concatenate([np.ones(n), np.zeros(n * n), [p]]), n, 1
    else:
        within, weight = pairs(args[0], float(args[1]))
        n, m = within.shape
        p = int(args[2])
        cost = np.concatenate([np.zeros(m), -weight.astype(float)])
        i, j = np.nonzero(within)
        link = sp.csr_matrix((np.concatenate([np.ones(n), -np.ones(len(i))]), (np.concatenate([np.arange(n), i]), np.concatenate([m + np.arange(n), j]))), (n, m + n))
        count = sp.csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), (1, m + n))
        rows, low = sp.vstack([link, count]).tocsr(), np.concatenate([np.full(n, -np.inf), [p]])
        high, whole = np.concatenate([np.zeros(n), [p]]), m
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), np.ones(len(cost))
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    kinds = [highspy.HighsVarType.kInteger] * whole + [highspy.HighsVarType.kContinuous] * (len(cost) - whole)
    lp.integrality_ = kinds
    started = time.perf_counter()
    h.passModel(lp)
    h.run()
    info = h.getInfo()
    sign = 1 if kind == "median" else -1
    found = info.objective_function_value
    return {"time": time.perf_counter() - started, "objective": sign * found if abs(found) < 1e29 else None, "bound": sign * info.mip_dual_bound}


def cpsat(kind, *args):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    started = time.perf_counter()
    if kind == "median":
        d, p = distances(*args)
        n = len(d)
        y = [model.new_bool_var("") for _ in range(n)]
        x = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
        for i in range(n):
            model.add_exactly_one(x[i])
            for j in range(n):
                model.add_implication(x[i][j], y[j])
        model.add(sum(y) == p)
        model.minimize(sum(int(d[i, j]) * x[i][j] for i in range(n) for j in range(n)))
    else:
        within, weight = pairs(args[0], float(args[1]))
        n, m = within.shape
        y = [model.new_bool_var("") for _ in range(m)]
        z = [model.new_bool_var("") for _ in range(n)]
        for i in range(n):
            model.add_bool_or([y[j] for j in within[i].nonzero()[0]] + [~z[i]])
        model.add(sum(y) == int(args[2]))
        model.maximize(sum(int(weight[i]) * z[i] for i in range(n)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = LIMIT
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return {"time": time.perf_counter() - started, "objective": solver.objective_value if found else None, "bound": solver.best_objective_bound}


def spopt(kind, *args):
    import numpy as np
    import pulp
    from spopt.locate import MCLP, PMedian

    solver = pulp.HiGHS(msg=False, threads=1, timeLimit=LIMIT)
    started = time.perf_counter()
    if kind == "median":
        d, p = distances(*args)
        model = PMedian.from_cost_matrix(d.astype(float), np.ones(len(d)), p_facilities=p)
    else:
        within, weight = pairs(args[0], float(args[1]))
        model = MCLP.from_cost_matrix(np.where(within, 0.0, 9.0), weight.astype(float), service_radius=1.0, p_facilities=int(args[2]))
    model = model.solve(solver)
    value = pulp.value(model.problem.objective)
    return {"time": time.perf_counter() - started, "objective": value, "bound": value if model.problem.status == 1 else None}


def row(name, engine, answer, sense=1):
    if "failed" in answer:
        return [name, engine, answer["failed"], "", "", "", ""]
    objective, bound = answer["objective"], answer["bound"]
    gap = "" if objective is None or bound is None or abs(bound) > 1e29 else f"{max(0.0, sense * (objective - bound)) / abs(objective) * 100:.3f} %"
    shown = lambda v: "" if v is None or abs(v) > 1e29 else f"{v:,.2f}".rstrip("0").rstrip(".")
    return [name, engine, peers.seconds(answer["time"]), f"{answer['memory']:.0f} MiB", shown(objective), shown(bound), gap]


def peer(engine, *args):
    return peers.measured([sys.executable, __file__, f"--{engine}", *map(str, args)], timeout=LIMIT * 3)


def plan():
    """The province's plan, stopped early and not."""
    rows, line = [], []
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([os.environ["ZHIDA_BIN"], "demo", "write", "--province", "33", "--out", work], check=True, stdout=subprocess.DEVNULL)
        for seconds in [10, 20, 40, 80, None]:
            limit = [] if seconds is None else ["--seconds", str(seconds)]
            found = peers.ours(["site", "plan", os.path.join(work, "PLAN.toml"), *limit], threads=2)
            rows.append(row(str(seconds or "to the end"), "**zhida**", {**found, "time": found["seconds"]}, -1))
            line.append((found["seconds"], 100 * found["gap"]))
    return rows, line


def main(folder):
    rows = []
    problems = sorted(glob.glob(os.path.join(folder, "pmed*.txt")), key=lambda p: (len(p), p))
    for path in problems:
        name = os.path.basename(path).removesuffix(".txt")
        found = peers.ours(["site", "median", "--orlib", path], threads=2)
        rows.append(row(name, "**zhida**", {**found, "time": found["seconds"]}))
        best = found["objective"]
        for engine in ["highs", "cpsat", "spopt"]:
            answer = peer(engine, "median", path)
            # An answer of a peer that is better than ours would be ours to explain; one that is proven has to be the same.
            assert "failed" in answer or answer["objective"] is None or answer["objective"] >= best - 1e-6, (name, engine, answer)
            rows.append(row(name, {"highs": "HiGHS", "cpsat": "CP-SAT", "spopt": "spopt"}[engine], answer))
    for path in sorted(glob.glob(os.path.join(folder, "*.tsp"))):
        name = os.path.basename(path).removesuffix(".tsp")
        for p in [10, 100, 300]:
            found = peers.ours(["site", "median", "--tsplib", path, "--open", str(p)], threads=2)
            rows.append(row(f"{name}, {p} open", "**zhida**", {**found, "time": found["seconds"]}))
            if p == 100:
                rows.append(row(f"{name}, {p} open", "HiGHS", peer("highs", "median", path, p)))
    covering = []
    for points, sites, open_, radius in COVER:
        with tempfile.TemporaryDirectory() as work:
            cover(work, points, sites)
            files = ["--demand", os.path.join(work, "demand.csv"), "--sites", os.path.join(work, "sites.csv"), "--planar"]
            found = peers.ours(["site", "cover", *files, "--radius", str(radius), "--open", str(open_)], threads=2)
            name = f"{points:,}"
            covering.append(row(name, "**zhida**", {**found, "time": found["seconds"]}, -1))
            if points <= 10_000:
                for engine in ["highs", "cpsat", *(["spopt"] if points <= 1_000 else [])]:
                    covering.append(row(name, {"highs": "HiGHS", "cpsat": "CP-SAT", "spopt": "spopt"}[engine], peer(engine, "cover", work, radius, open_), -1))
    province, line = plan()
    text = "\n\n".join([
        f"Command: `script/bench siting FOLDER`; two threads for ours, one for each peer, which had {LIMIT} s each at most.",
        "Medians: files of the OR-Library (*p* as in the file) and of TSPLIB, in a plane, not rounded.",
        peers.table(["problem", "engine", "time", "peak memory", "objective", "bound", "gap"], rows),
        "Covering: points with weights 1 to 100 and sites, uniform in a square; 20 of 200, 50 of 1,000, 100 of 5,000 and 1,000 of 20,000 "
        "sites open; in the last each point is within reach of about 1 % of the sites.",
        peers.table(["points", "engine", "time", "peak memory", "covered", "bound", "gap"], covering),
        peers.plot("siting", covering, [1], 0, 2),
        "A layout plan: the synthetic province of `zhida demo write --province 33` (12,000 stations, 8,000 sites, 200,000 cells, three "
        "years, 1,121 quotas), stopped after so many seconds, and left to its own end. Served: hours of workers within reach a day, "
        "all years together. No peer does this.",
        peers.table(["seconds", "engine", "time", "peak memory", "served", "bound", "gap"], province),
        peers.draw("siting-gap", {"province": line}, lambda k: f"{10 ** k:g} s", lambda k: f"{10.0 ** k:g} %", "How the gap of the province's plan falls with time"),
    ])
    peers.write("siting", "Siting: answers with the bound that their multipliers prove", text)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("--"):
        run = {"--highs": highs, "--cpsat": cpsat, "--spopt": spopt}[sys.argv[1]]
        answer = run(*sys.argv[2:])
        print(json.dumps({**answer, "memory": peers.peak()}))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "data/siting")
