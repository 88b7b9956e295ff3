// Debian's Chromium, and what every journey begins with.
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags });

export async function logIn(page, base, login, password) {
  await page.goto(`${base}/login`);
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", password);
  await Promise.all([page.waitForURL((url) => !url.pathname.startsWith("/login")), page.click("main button.btn-primary")]);
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** Starts the built server with the demonstration county in a folder of its own; `stop` ends it and removes the folder. */
export async function serve() {
  const data = await mkdtemp(join(tmpdir(), "zhida-browser-"));
  const port = await freePort();
  const binary = process.env.ZHIDA_BIN ?? "../target/debug/zhida";
  const server = spawn(binary, ["--data", data, "serve", "--demo", "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    server.stdout.on("data", (text) => String(text).includes("Zhida serves") && resolve());
  });
  server.removeAllListeners("exit");
  return {
    base: `http://127.0.0.1:${port}`,
    data,
    stop: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}
