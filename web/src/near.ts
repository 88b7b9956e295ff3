// What the pages of places need of a script: the phone's position, the map when it is asked for, the last list without network.
interface Shown {
  draw(box: HTMLElement, at: [number, number], own: boolean, source: string, suggest: HTMLAnchorElement | null): void;
}

const find = <T extends HTMLElement>(selector: string): T | null => document.querySelector<T>(selector);

const locate = find<HTMLButtonElement>("[data-locate]");
if (locate && "geolocation" in navigator) {
  locate.hidden = false;
  locate.addEventListener("click", () => {
    locate.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const to = new URL(locate.dataset["locate"] ?? "", location.href);
        const now = new URLSearchParams(location.search);
        for (const key of ["need", "open"]) for (const value of now.getAll(key)) to.searchParams.append(key, value);
        to.searchParams.set("lon", coords.longitude.toFixed(4));
        to.searchParams.set("lat", coords.latitude.toFixed(4));
        location.assign(to);
      },
      () => {
        locate.disabled = false;
        const failed = find("[data-locate-failed]");
        if (failed) failed.hidden = false;
      },
      { timeout: 10_000, maximumAge: 60_000 },
    );
  });
}

const map = find<HTMLDetailsElement>("details[data-map]");
if (map) {
  map.hidden = false;
  map.addEventListener(
    "toggle",
    () => {
      const { script, style, lon, lat, own, map: source } = map.dataset;
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = style ?? "";
      document.head.append(sheet);
      const code = document.createElement("script");
      code.src = script ?? "";
      code.addEventListener("load", () => {
        const box = map.querySelector<HTMLElement>(".map");
        const shown = (window as unknown as { placesMap: Shown }).placesMap;
        if (box) shown.draw(box, [Number(lon), Number(lat)], own === "true", source ?? "", find<HTMLAnchorElement>("a[data-suggest]"));
      });
      document.head.append(code);
    },
    { once: true },
  );
}

const offline = find("[data-offline]");
if (offline) {
  const tell = (): void => void (offline.hidden = navigator.onLine);
  tell();
  addEventListener("online", tell);
  addEventListener("offline", tell);
}
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/sw.js");
