// Takes the screenshots of the pages, in both languages and widths: node shots.mjs http://127.0.0.1:8080 out/ [path …]
import { mkdir } from "node:fs/promises";
import { launch, logIn } from "./tests/browser.mjs";

const [base, out, ...asked] = process.argv.slice(2);
const paths = asked.length > 0 ? asked : ["/", "/people", "/imports", "/portrait", "/offers", "/match", "/cases", "/messages", "/visits", "/packs", "/journal"];
await mkdir(out, { recursive: true });
const browser = await launch();
for (const [lang, width, height] of [["zh", 1440, 900], ["en", 1440, 900], ["zh", 390, 844], ["en", 390, 844]]) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  await logIn(page, base, "supervisor", "supervisor-demo");
  await page.goto(`${base}/lang/${lang}?back=/`);
  for (const path of paths) {
    await page.goto(base + path);
    const name = path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "").slice(0, 40) || "today";
    await page.screenshot({ path: `${out}/${name}-${lang}-${width}.png`, fullPage: false });
  }
  await context.close();
}
await browser.close();
