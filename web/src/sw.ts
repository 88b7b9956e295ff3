// Keeps the pages of visits and checks, the assets, and public pages that say so (`x-offline: keep`) for the time without network. Nothing
// else is kept: other pages hold personal data.
/// <reference lib="webworker" />
const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = "zhida-field-1";
const PAGES = ["/visits/mine", "/checks/mine"];
const KEPT = (url: URL, answer?: Response): boolean =>
  PAGES.includes(url.pathname) || url.pathname.startsWith("/assets/") || answer?.headers.get("x-offline") === "keep";

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.pathname === "/logout") {
    event.waitUntil(caches.delete(CACHE));
    return;
  }
  if (event.request.method !== "GET" || url.origin !== worker.location.origin) return;
  // A page that was kept without its question answers another question, rather than nothing.
  const loose = event.request.mode === "navigate";
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      try {
        const fresh = await fetch(event.request);
        if (fresh.ok && !fresh.redirected && KEPT(url, fresh)) await cache.put(event.request, fresh.clone());
        return fresh;
      } catch {
        return (await cache.match(event.request)) ?? (loose ? await cache.match(event.request, { ignoreSearch: true }) : undefined) ?? Response.error();
      }
    })(),
  );
});
