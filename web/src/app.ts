// What HTML can't do by itself: progress without reloading, questions before acts, rules tried while they are written,
// files dropped, visits and checks kept while there is no network. Every page works without this file.
import { checks } from "./checks";
import { visits } from "./visits";

function progress(box: HTMLElement): void {
  const address = box.dataset["task"];
  const bar = box.querySelector("progress");
  const line = box.querySelector<HTMLElement>("[data-task-line]");
  if (!address) return;
  const gap = box.querySelector<HTMLElement>("[data-task-gap]");
  const words = line?.textContent ?? "";
  const source = new EventSource(address);
  source.onmessage = (event: MessageEvent<string>) => {
    const now = JSON.parse(event.data) as { done: number; total: number; percent: number; open: boolean; gap: string };
    if (bar) {
      if (now.total > 0) bar.value = now.percent;
      else bar.removeAttribute("value");
    }
    if (line) {
      let next = 0;
      line.textContent = words.replace(/\d+/g, () => String([now.done, now.total][next++] ?? ""));
    }
    if (gap?.parentElement && now.gap) {
      gap.textContent = now.gap;
      gap.parentElement.hidden = false;
    }
    if (!now.open) {
      source.close();
      location.reload();
    }
  };
}

/** A button that prints the page. */
function prints(): void {
  document.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-print]")) window.print();
  });
}

function confirms(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-confirm]");
    if (button && !confirm(button.dataset["confirm"])) event.preventDefault();
  });
}

function rules(area: HTMLTextAreaElement): void {
  const answer = area.parentElement?.querySelector<HTMLElement>("[data-rule-answer]");
  let timer = 0;
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      if (!answer || !area.value.trim()) return;
      const response = await fetch(`/api/rule?rule=${encodeURIComponent(area.value)}`);
      const found = (await response.json()) as { text?: string; detail?: string };
      answer.textContent = found.text ?? found.detail ?? "";
      answer.style.whiteSpace = "pre-wrap";
    }, 350);
  });
}

function drop(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const files = event.dataTransfer?.files;
    if (input && files && files.length > 0) {
      input.files = files;
      form.requestSubmit();
    }
  });
}

function slash(): void {
  document.addEventListener("keydown", (event) => {
    const typing = (event.target as Element).closest("input, textarea, select");
    const field = document.querySelector<HTMLInputElement>("[data-slash]");
    if (event.key === "/" && !typing && field) {
      event.preventDefault();
      field.focus();
    }
  });
}

function wall(): void {
  const board = document.querySelector<HTMLElement>("[data-wall]");
  const button = document.querySelector<HTMLButtonElement>("[data-fullscreen]");
  if (!board || !button || !document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener("click", () => void board.requestFullscreen());
  // A wall shows what is true now; nobody stands before it to reload.
  window.setInterval(() => {
    if (!document.fullscreenElement) return;
    void fetch(location.href).then(async (response) => {
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-wall]");
      if (response.ok && fresh) board.replaceChildren(...fresh.childNodes);
    });
  }, 60_000);
}

/** A map of marks, drawn once it is in sight. */
function marked(box: HTMLElement): void {
  const { script, style, lon, lat, marks } = box.dataset;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = style ?? "";
    document.head.append(sheet);
    const code = document.createElement("script");
    code.src = script ?? "";
    code.addEventListener("load", () => {
      const map = (window as unknown as { placesMap: { marks(box: HTMLElement, at: [number, number], source: string): void } }).placesMap;
      map.marks(box, [Number(lon), Number(lat)], marks ?? "");
    });
    document.head.append(code);
  });
  seen.observe(box);
}

for (const box of document.querySelectorAll<HTMLElement>("[data-task]")) progress(box);
for (const box of document.querySelectorAll<HTMLElement>("[data-marks]")) marked(box);
for (const area of document.querySelectorAll<HTMLTextAreaElement>("[data-rule]")) rules(area);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-drop]")) drop(form);
confirms();
prints();
slash();
visits();
checks();
wall();
