// Visits on a phone: recorded without network, sent when it is back; the server records each once, however often it arrives.
import { offline, type Pair } from "./kept";

export function visits(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("[data-visits] input[type=date]")) {
    const now = new Date();
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
    field.value = local.toISOString().slice(0, 10);
  }
  offline(
    "visits",
    "data-visit",
    async (form) => {
      const values: Pair[] = [];
      new FormData(form).forEach((value, name) => {
        if (name !== "csrf" && typeof value === "string") values.push([name, value]);
      });
      return { values };
    },
    ({ id, values }, csrf) =>
      fetch("/api/visits", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ id, csrf, values }) }),
  );
}
