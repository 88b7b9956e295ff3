"""A province's places as strangers ask for them: 12,000 places, 200 requests a second for a while, each from somewhere else.

Prints a table; asserts nothing. `script/bench places [REQUESTS PER SECOND] [SECONDS]`.
"""

import http.client
import os
import queue
import random
import sqlite3
import sys
import tempfile
import threading
import time

import served

RATE = int(sys.argv[1]) if len(sys.argv) > 1 else 200
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
PORT = 8466


def ask(port, path, method="GET", cookie=None):
    """Milliseconds to the first byte and to the last, and the answer's size."""
    start = time.perf_counter()
    link = http.client.HTTPConnection("127.0.0.1", port)
    link.request(method, path, headers={"cookie": cookie} if cookie else {})
    answer = link.getresponse()
    first = time.perf_counter()
    size = len(answer.read())
    link.close()
    return (first - start) * 1e3, (time.perf_counter() - start) * 1e3, size, answer.status


def somewhere(chance):
    """A point in the province's box, and what is needed there."""
    lon, lat = chance.uniform(118.5, 122.0), chance.uniform(27.5, 31.0)
    need = chance.choice(["", "&need=toilet", "&need=toilet&open=1", "&open=1", "&need=charge&need=meal&open=1"])
    return f"/stations?lon={lon:.4f}&lat={lat:.4f}{need}"


def steady(port, paths):
    """Asks at a steady rate, whatever the answers take: waiting for a thread counts as time."""
    times, wrong = [], []
    todo = queue.Queue()

    def worker():
        while True:
            due, path = todo.get()
            if path is None:
                return
            late = time.perf_counter() - due
            first, _, _, status = ask(port, path)
            times.append(first + late * 1e3)
            if status != 200:
                wrong.append(status)

    workers = [threading.Thread(target=worker) for _ in range(32)]
    for w in workers:
        w.start()
    begin = time.perf_counter()
    for n, path in enumerate(paths):
        due = begin + n / RATE
        time.sleep(max(0, due - time.perf_counter()))
        todo.put((due, path))
    for _ in workers:
        todo.put((0, None))
    for w in workers:
        w.join()
    times.sort()
    return times, wrong, time.perf_counter() - begin


CHECK_INS = 1_000_000


def month(data):
    """A month of check-ins, a million of them, some places far busier than others. Answers the code of the busiest."""
    chance = random.Random(2)
    base = sqlite3.connect(os.path.join(data, "zhida.sqlite"))
    places = base.execute("select county, id, code from place where code is not null and state = 'open'").fetchall()
    weights = [chance.lognormvariate(0, 1.2) for _ in places]
    now = time.time()
    instants = sorted(now - chance.uniform(0, 30 * 86_400) for _ in range(CHECK_INS))

    def rows():
        for at, (county, place, _) in zip(instants, chance.choices(places, weights, k=CHECK_INS)):
            text = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(at))
            # As a version 7 identity is: by time first.
            own = int(at * 1e3).to_bytes(6, "big") + b"\x70" + chance.randbytes(1) + b"\x80" + chance.randbytes(7)
            yield county, own, place, "here", True, f"bench-{chance.randrange(400_000)}", "", text

    with base:
        base.executemany("insert into signal (county, id, place_id, kind, open, device, words, at) values (?,?,?,?,?,?,?,?)", rows())
    most = max(zip(weights, places))[1]
    n = base.execute("select count(*) from signal where county = ? and place_id = ?", most[:2]).fetchone()[0]
    base.close()
    return most[2], n


def check_in(port, code):
    """A phone that was never here: its page, then its check-in. Milliseconds of the second."""
    link = http.client.HTTPConnection("127.0.0.1", port)
    link.request("GET", f"/s/{code}")
    answer = link.getresponse()
    answer.read()
    cookie = answer.headers["set-cookie"].split(";")[0]
    link.close()
    return ask(port, f"/s/{code}/here", "POST", cookie)[1]


def main():
    with tempfile.TemporaryDirectory(prefix="zhida-places-") as data:
        seconds, done = served.command(data, "demo", "load", "--province", "33")
        print(f"| {done.stdout.strip().splitlines()[-1]} | – | {seconds:.0f} s |")
        busiest, most = month(data)
        print(f"| {CHECK_INS:,} check-ins of a month put beside them, of the busiest place {most:,} | – | – |")
        server, base = served.served(data, PORT)
        try:
            chance = random.Random(1)
            ask(PORT, "/stations")
            paths = [somewhere(chance) for _ in range(RATE * SECONDS)]
            times, wrong, took = steady(PORT, paths)
            at = lambda part: times[int(len(times) * part) - 1]
            print(f"| `/stations` at {RATE} a second for {took:.0f} s, first byte: p50, p95, p99 | 50 ms | {at(0.5):.1f}, {at(0.95):.1f}, {at(0.99):.1f} ms |")
            print(f"| answers other than 200 | 0 | {len(wrong)} |")
            for path in ["/stations", "/s/330424-0001", "/api/v1/places?near=120.15,30.27&open_at=now", "/api/v1/places?format=geojson"]:
                each = sorted(ask(PORT, path)[1] for _ in range(40))
                print(f"| `{path}`, whole answer, p95 of 40; bytes | 50 ms | {each[37]:.1f} ms; {ask(PORT, path)[2]:,} |")
            each = sorted(ask(PORT, f"/s/{busiest}")[1] for _ in range(40))
            print(f"| the busiest place's page, p95 of 40 | 50 ms | {each[37]:.1f} ms |")
            codes = [f"330424-{1 + n % 80:04}" for n in range(400)]
            each = sorted(check_in(PORT, code) for code in codes)
            print(f"| a check-in, written with its entry in the journal, p95 of {len(each)} | 50 ms | {each[int(len(each) * 0.95) - 1]:.1f} ms |")
            officer = served.Client(base, "officer")
            above = served.Client(base, "province")
            for path in ["/places/use", "/layouts/reach"]:
                print(f"| `{path}` of the province, p95 of 5 | – | {served.p95(above, path, 5):,.0f} ms |")
            for path in ["/places/watch", "/places/use", "/places?kind=worker-station"]:
                print(f"| `{path}` of a county, p95 of 40 | 50 ms | {served.p95(officer, path):.1f} ms |")
            with open(f"/proc/{server.pid}/status", encoding="utf-8") as status:
                peak = next(line for line in status if line.startswith("VmHWM")).split()[1]
            print(f"| the server's memory | – | {int(peak) // 1024} MB |")
        finally:
            server.terminate()
            server.wait()


main()
