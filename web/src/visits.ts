// Visits on a phone: the page is kept by the service worker; a form that is sent without network waits in the browser's
// database and goes out when the network is back. The server records each visit once, however often it arrives.

type Kept = { id: string; values: [string, string][] };

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("zhida-visits", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("kept", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return open().then(
    (db) =>
      new Promise((resolve, reject) => {
        const request = act(db.transaction("kept", mode).objectStore("kept"));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      }),
  );
}

const kept = (): Promise<Kept[]> => run("readonly", (store) => store.getAll() as IDBRequest<Kept[]>);

export function visits(): void {
  const box = document.querySelector<HTMLElement>("[data-visits]");
  const line = document.querySelector<HTMLElement>("[data-offline-line]");
  if (!box || !line) return;
  if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/sw.js");
  for (const field of box.querySelectorAll<HTMLInputElement>("input[type=date]")) {
    const now = new Date();
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
    field.value = local.toISOString().slice(0, 10);
  }

  const show = async (): Promise<void> => {
    const waiting = await kept();
    for (const { id } of waiting) box.querySelector(`[data-visit="${id}"]`)?.classList.add("kept");
    if (waiting.length > 0) line.textContent = `${line.dataset["waiting"] ?? ""}${waiting.length}`;
  };

  const send = async (): Promise<void> => {
    // The token may be newer than the page that the worker kept.
    let sent = 0;
    for (const { id, values } of await kept()) {
      const body = JSON.stringify({ id, csrf: box.dataset["csrf"] ?? "", values });
      const response = await fetch("/api/visits", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
      if (!response) return;
      if (response.ok) {
        await run("readwrite", (store) => store.delete(id));
        box.querySelector(`[data-visit="${id}"]`)?.remove();
        sent += 1;
      } else {
        const problem = (await response.json().catch(() => ({}))) as { detail?: string };
        line.textContent = problem.detail ?? String(response.status);
        return;
      }
    }
    if (sent > 0 && (await kept()).length === 0) line.textContent = line.dataset["sent"] ?? "";
  };

  box.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const id = form.closest<HTMLElement>("[data-visit]")?.dataset["visit"];
    if (!id) return;
    event.preventDefault();
    const values: [string, string][] = [];
    new FormData(form).forEach((value, name) => {
      if (name !== "csrf" && typeof value === "string") values.push([name, value]);
    });
    void run("readwrite", (store) => store.put({ id, values } satisfies Kept))
      .then(show)
      .then(send);
  });
  window.addEventListener("online", () => void send());
  void show().then(send);
}
