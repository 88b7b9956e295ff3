// Forms that wait in the browser's database until there is a network: a store for each kind, an entry for each form.

export type Pair = [string, string];
export type Kept = { id: string; values: Pair[]; files?: { name: string; blob: Blob }[]; at: string };

const STORES = ["visits", "checks"] as const;
export type Store = (typeof STORES)[number];

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("zhida", 1);
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name, { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function run<T>(name: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return open().then(
    (db) =>
      new Promise((resolve, reject) => {
        const request = act(db.transaction(name, mode).objectStore(name));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      }),
  );
}

export type Sender = (kept: Kept, csrf: string) => Promise<Response | null>;

/** Keeps the forms of a page and sends them when there is a network: `card` names the attribute that carries a form's id. */
export function offline(name: Store, card: string, pack: (form: HTMLFormElement) => Promise<Omit<Kept, "id" | "at">>, send: Sender): void {
  const box = document.querySelector<HTMLElement>(`[data-${name}]`);
  const line = document.querySelector<HTMLElement>("[data-offline-line]");
  if (!box || !line) return;
  if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/sw.js");
  const all = (): Promise<Kept[]> => run(name, "readonly", (store) => store.getAll() as IDBRequest<Kept[]>);

  const show = async (): Promise<void> => {
    const waiting = await all();
    for (const { id } of waiting) box.querySelector(`[${card}="${id}"]`)?.classList.add("kept");
    if (waiting.length > 0) line.textContent = `${line.dataset["waiting"] ?? ""}${waiting.length}`;
  };

  let busy = false;
  const sendAll = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    let sent = 0;
    const refused: string[] = [];
    for (const kept of await all()) {
      // The token may be newer than the page that the worker kept.
      const response = await send(kept, box.dataset["csrf"] ?? "").catch(() => null);
      if (!response) break;
      if (response.ok) {
        await run(name, "readwrite", (store) => store.delete(kept.id));
        box.querySelector(`[${card}="${kept.id}"]`)?.remove();
        sent += 1;
      } else {
        // What is refused stays, with the reason: nothing is lost, and the others go on.
        const problem = (await response.json().catch(() => ({}))) as { detail?: string };
        refused.push(problem.detail ?? String(response.status));
      }
    }
    busy = false;
    if (refused.length > 0) line.textContent = refused.join(" · ");
    else if (sent > 0 && (await all()).length === 0) line.textContent = line.dataset["sent"] ?? "";
  };

  box.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const id = form.closest<HTMLElement>(`[${card}]`)?.getAttribute(card);
    if (!id || form.classList.contains("own-form")) return;
    event.preventDefault();
    void pack(form)
      .then((packed) => run(name, "readwrite", (store) => store.put({ ...packed, id, at: new Date().toISOString() } satisfies Kept)))
      .then(show)
      .then(sendAll);
  });
  window.addEventListener("online", () => void sendAll());
  void show().then(sendAll);
}
