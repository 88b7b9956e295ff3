// Checks on a phone: photos are made smaller and kept beside the answers; when the network is back the photos go first, then
// the answers with what the phone's clock showed, so that a clock that is a day off can be put right.
import { offline, type Kept, type Pair } from "./kept";

const LONGEST = 1600;

/** A photo no longer than 1,600 points on a side; what cannot be drawn stays as it is, and the server says what is wrong. */
async function smaller(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < 1_000_000) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", 0.85));
}

async function pack(form: HTMLFormElement): Promise<Omit<Kept, "id" | "at">> {
  const values: Pair[] = [];
  const files: { name: string; blob: Blob }[] = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") {
      if (value.size > 0) files.push({ name, blob: await smaller(value) });
    } else if (name !== "csrf") values.push([name, value]);
  }
  return { values, files };
}

async function send({ id, values, files, at }: Kept, csrf: string): Promise<Response | null> {
  const all: Pair[] = [...values];
  for (const { name, blob } of files ?? []) {
    const response = await fetch("/api/photos", { method: "POST", headers: { "x-csrf": csrf }, body: blob });
    if (!response.ok) return response;
    const { hash } = (await response.json()) as { hash: string };
    all.push([name, hash]);
  }
  const body = JSON.stringify({ id, csrf, values: all, filled_at: at, sent_at: new Date().toISOString() });
  return fetch("/api/checks", { method: "POST", headers: { "content-type": "application/json" }, body });
}

export function checks(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-locate]")) {
    const field = button.parentElement?.querySelector<HTMLInputElement>("[data-position]");
    if (!field || !("geolocation" in navigator)) continue;
    button.hidden = false;
    button.addEventListener("click", () =>
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        field.value = `${coords.longitude.toFixed(6)}, ${coords.latitude.toFixed(6)}`;
      }),
    );
  }
  offline("checks", "data-check", pack, send);
}
