"""A served data folder as an officer meets it: commands, logins, how long pages take."""

import http.cookiejar
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request

BIN = os.environ["ZHIDA_BIN"]


class Client:
    def __init__(self, base, login):
        self.base = base
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        data = urllib.parse.urlencode({"login": login, "password": f"{login}-demo"}).encode()
        self.opener.open(base + "/login", data).read()

    def get(self, path):
        start = time.perf_counter()
        self.opener.open(self.base + path).read()
        return (time.perf_counter() - start) * 1_000


def p95(client, path, times=40):
    client.get(path)
    all_times = sorted(client.get(path) for _ in range(times))
    return all_times[int(len(all_times) * 0.95) - 1]


def command(data, *arguments):
    start = time.perf_counter()
    done = subprocess.run([BIN, "--data", data, *arguments], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        print(done.stdout, done.stderr, file=sys.stderr)
    return seconds, done


def served(data, port):
    """The server on a port, once it answers."""
    server = subprocess.Popen([BIN, "--data", data, "serve", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    while "serves" not in server.stdout.readline():
        pass
    return server, f"http://127.0.0.1:{port}"
