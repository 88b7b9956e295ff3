"""Giving out seats: `zhida match allocate` beside OR-tools, SciPy and HiGHS on the same seeded edges.

    script/bench allocate [PARTIES ...]

Twenty edges a party, fifty parties an offer, as many seats as parties; scores are whole numbers up to 1,000. Every engine
must reach the same total, and ours must prove it. A time is that of the solver alone, without reading the files."""

import json
import os
import sys
import tempfile
import time

import peers


def generate(folder, parties, seed=5):
    import numpy as np

    rng = np.random.default_rng(seed)
    offers = max(parties // 50, 1)
    party = np.repeat(np.arange(parties), 20)
    offer = rng.integers(0, offers, parties * 20)
    score = rng.integers(1, 1001, parties * 20)
    # Several edges between the same two would count once; the peers are given them once as well.
    order = np.lexsort((-score, offer, party))
    party, offer, score = party[order], offer[order], score[order]
    first = np.ones(len(party), dtype=bool)
    first[1:] = (party[1:] != party[:-1]) | (offer[1:] != offer[:-1])
    party, offer, score = party[first], offer[first], score[first]
    np.savez(os.path.join(folder, "problem.npz"), party=party, offer=offer, score=score, parties=parties, offers=offers)
    with open(os.path.join(folder, "edges.csv"), "w") as file:
        file.write("party,offer,score\n")
        file.writelines(f"p{p},o{o},{s}\n" for p, o, s in zip(party.tolist(), offer.tolist(), score.tolist()))
    with open(os.path.join(folder, "seats.csv"), "w") as file:
        file.write("offer,seats\n")
        file.writelines(f"o{o},50\n" for o in range(offers))


def load(folder):
    import numpy as np

    data = np.load(os.path.join(folder, "problem.npz"))
    return data["party"], data["offer"], data["score"], int(data["parties"]), int(data["offers"])


def run_ortools(folder):
    import numpy as np
    from ortools.graph.python import min_cost_flow

    party, offer, score, n, m = load(folder)
    flow = min_cost_flow.SimpleMinCostFlow()
    source, sink = n + m, n + m + 1
    tails = np.concatenate([np.full(n, source), party, n + np.arange(m), [source]])
    heads = np.concatenate([np.arange(n), n + offer, np.full(m, sink), [sink]])
    capacities = np.concatenate([np.ones(n), np.ones(len(party)), np.full(m, 50), [n]]).astype(np.int64)
    costs = np.concatenate([np.zeros(n), -score, np.zeros(m), [0]]).astype(np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(tails.astype(np.int32), heads.astype(np.int32), capacities, costs)
    flow.set_nodes_supplies(np.array([source, sink], dtype=np.int32), np.array([n, -n], dtype=np.int64))
    started = time.perf_counter()
    flow.solve()
    return time.perf_counter() - started, -flow.optimal_cost()


def run_scipy(folder):
    """Seats as columns of their own: the sparse assignment (LAPJVsp) knows no capacities."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    party, offer, score, n, m = load(folder)
    seat = np.arange(50)
    rows = np.repeat(party, 50)
    columns = (offer[:, None] * 50 + seat).ravel()
    # A matching has to be full: each party has a place of its own to stay, worth nothing.
    weights = np.concatenate([np.repeat(2_000 - score, 50), np.full(n, 2_000)])
    rows = np.concatenate([rows, np.arange(n)])
    columns = np.concatenate([columns, m * 50 + np.arange(n)])
    graph = csr_array((weights.astype(float), (rows, columns)), shape=(n, m * 50 + n))
    started = time.perf_counter()
    left, right = min_weight_full_bipartite_matching(graph)
    took = time.perf_counter() - started
    return took, int(round(2_000 * n - graph[left, right].sum()))


def run_highs(folder):
    import highspy
    import numpy as np

    party, offer, score, n, m = load(folder)
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("threads", 1)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(party), n + m
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = score.astype(float), np.zeros(len(party)), np.ones(len(party))
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.row_lower_ = np.full(n + m, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([np.ones(n), np.full(m, 50.0)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(0, 2 * len(party) + 1, 2)
    lp.a_matrix_.index_ = np.stack([party, n + offer], axis=1).ravel()
    lp.a_matrix_.value_ = np.ones(2 * len(party))
    highs.passModel(lp)
    started = time.perf_counter()
    highs.run()
    return time.perf_counter() - started, int(round(highs.getObjectiveValue()))


def main():
    if sys.argv[1:2] == ["peer"]:
        _, _, name, folder = sys.argv
        took, objective = {"OR-tools": run_ortools, "SciPy": run_scipy, "HiGHS": run_highs}[name](folder)
        print(json.dumps({"time": took, "objective": objective, "memory": peers.peak()}))
        return
    sizes = [int(n) for n in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    lines = []
    for parties in sizes:
        with tempfile.TemporaryDirectory() as folder:
            generate(folder, parties)
            files = ["--edges", os.path.join(folder, "edges.csv"), "--seats", os.path.join(folder, "seats.csv")]

            def own(rule):
                answer = peers.ours(["match", "allocate", *files, "--rule", rule])
                if "failed" not in answer:
                    answer["time"] = answer["seconds"]
                return answer

            mine = peers.best(lambda: own("optimal"), 3 if parties <= 10**5 else 1)
            proof = "proven" if mine["bound"] == mine["objective"] else f"bound {mine['bound']:,}"
            lines.append([f"{parties:,}", "**zhida**", peers.seconds(mine["time"]), "1", f"{mine['memory']:.0f} MiB", f"{mine['objective']:,}, {proof}"])
            stable = peers.best(lambda: own("stable"), 3 if parties <= 10**5 else 1)
            lines.append([f"{parties:,}", "zhida, stable", peers.seconds(stable["time"]), "", f"{stable['memory']:.0f} MiB", f"{stable['objective']:,}"])
            others = ["OR-tools"]
            others += ["SciPy"] if parties <= 10**4 else []
            others += ["HiGHS"] if parties <= 10**5 else []
            for name in others:
                answer = peers.measured([sys.executable, __file__, "peer", name, folder], timeout=600)
                if "failed" in answer:
                    lines.append([f"{parties:,}", name, answer["failed"], "", "", ""])
                    continue
                same = "same" if answer["objective"] == mine["objective"] else f"**{answer['objective']:,}**"
                lines.append([f"{parties:,}", name, peers.seconds(answer["time"]), f"{answer['time'] / mine['time']:.1f}", f"{answer['memory']:.0f} MiB", same])
            print("\n".join(map(str, lines[-5:])), file=sys.stderr)
    text = peers.table(["parties", "engine", "time", "times ours", "peak memory", "total score"], lines)
    text += (
        "\n\nPeak memory is of the whole process: ours with the files' texts and the answer as JSON, the peers' with NumPy"
        "\nand the arrays that they are given."
    )
    text += "\n\n" + peers.plot("allocate", lines, (1,), 0, 2)
    peers.write("allocate", "Allocation: 20 edges a party, one thread", text)


main()
