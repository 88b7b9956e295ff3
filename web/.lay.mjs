import { launch, logged, axe, phone, desk } from "./tests/browser.mjs";
const base = "http://127.0.0.1:8091";
const b = await launch();
const shot = async (page, path, name, full=true) => { await page.goto(base + path); await page.waitForTimeout(300); await page.screenshot({ path: `/tmp/s7/${name}.png`, fullPage: full }); try { await axe(page, name); } catch (e) { console.log(e.message.slice(0,600)); } };
for (const lang of ["zh", "en"]) {
  for (const [w, o] of [["390", phone], ["1440", desk]]) {
    const p = await logged(b, base, "supervisor", o);
    await p.goto(base + `/lang/${lang}?back=/`);
    const t = `${lang}-${w}`;
    await shot(p, "/places/use?kind=worker-station", `use-${t}`);
    await shot(p, "/places/watch?kind=worker-station", `watch-${t}`);
    await shot(p, "/checks/draws", `draws-${t}`);
    const seed = await p.evaluate(() => document.querySelector("main a[href^='/checks/draws/']")?.getAttribute("href"));
    if (seed) await shot(p, seed, `draw-${t}`);
    await shot(p, "/events", `events-${t}`);
    await shot(p, "/events/new", `eventnew-${t}`);
    await p.goto(base + "/places?kind=worker-station");
    const place = await p.evaluate(() => [...document.querySelectorAll("main tbody a")].map(a => a.getAttribute("href")).find(h => /^\/places\/[0-9a-f-]{36}$/.test(h)));
    await shot(p, place, `place-${t}`);
    await shot(p, `/hearings/new?about=place:${place.split("/").pop()}`, `hearnew-${t}`);
    await shot(p, "/calendar", `calendar-${t}`);
    const ev = await p.evaluate(() => document.querySelector("main .spots a")?.getAttribute("href"));
    if (ev) { await shot(p, ev, `event-${t}`); await shot(p, ev.split("/events")[0], `s-${t}`); }
    await p.context().close();
    const r = await logged(b, base, "rider", o);
    await r.goto(base + `/lang/${lang}?back=/`);
    await shot(r, "/", `rider-${t}`, false);
    await r.context().close();
  }
}
await b.close();
