// Debian's Chromium, and what every journey begins with.
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags });

export async function logIn(page, base, login, password) {
  await page.goto(`${base}/login`);
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", password);
  await Promise.all([page.waitForURL((url) => !url.pathname.startsWith("/login")), page.click("main button.btn-primary")]);
}

export const phone = { viewport: { width: 390, height: 844 } };
export const desk = { viewport: { width: 1440, height: 900 } };

/** A page of somebody of the demonstration, in a browser of its own; an error in a script fails the test. */
export async function logged(browser, base, login, options = desk) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`script error: ${error}`));
  await logIn(page, base, login, `${login}-demo`);
  return page;
}

/** Nothing that WCAG 2.2 AA forbids, as far as axe can see. */
export async function axe(page, where) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  const lines = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" | ")}`);
  assert.deepEqual(lines, [], `axe on ${where}`);
}

/** A picture with a word on it, as a phone would send it. */
export async function photo(page, words) {
  const url = await page.evaluate((text) => {
    const canvas = document.createElement("canvas");
    canvas.width = 2400;
    canvas.height = 1600;
    const context = canvas.getContext("2d");
    context.fillStyle = "#755";
    context.fillRect(0, 0, 2400, 1600);
    context.fillStyle = "#fff";
    context.font = "200px sans-serif";
    context.fillText(text, 100, 800);
    return canvas.toDataURL("image/jpeg", 0.9);
  }, words);
  return { name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from(url.split(",")[1], "base64") };
}

/** Waits until the counter in the background has caught up with the last act. */
export async function until(page, url, pattern) {
  const main = () => page.textContent("main");
  for (let tries = 0; tries < 60; tries += 1) {
    await page.goto(url);
    if (pattern.test(await main())) return;
    await page.waitForTimeout(1000);
  }
  assert.fail(`${url} never showed ${pattern}: ${await main()}`);
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

/**
 * Starts the built server with the demonstration county in a folder of its own, and with a province's places where its digits
 * are given; `on` ends it and starts it again as if it were another day, `stop` ends it and removes the folder.
 */
export async function serve(province) {
  const data = await mkdtemp(join(tmpdir(), "zhida-browser-"));
  const port = await freePort();
  const binary = process.env.ZHIDA_BIN ?? "../target/debug/zhida";
  if (province) await promisify(execFile)(binary, ["--data", data, "demo", "load", "--province", province]);
  let server;
  const start = async (...more) => {
    server = spawn(binary, ["--data", data, "serve", "--demo", "--port", String(port), ...more], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve, reject) => {
      server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      server.stdout.on("data", (text) => String(text).includes("Zhida serves") && resolve());
    });
    server.removeAllListeners("exit");
  };
  const end = async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    base: `http://127.0.0.1:${port}`,
    data,
    on: async (day) => {
      await end();
      await start("--day", day);
    },
    stop: async () => {
      await end();
      await rm(data, { recursive: true, force: true });
    },
  };
}
