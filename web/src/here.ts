// Where the phone is, if its owner says so with a tap: sent along with the attendance, never asked for by itself.
const where = document.querySelector<HTMLElement>("[data-where]");
const button = where?.querySelector("button");
const said = where?.querySelector<HTMLElement>("[role=status]");
if (where && button && said && "geolocation" in navigator) {
  where.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const set = (name: string, value: number): void => {
          for (const field of document.querySelectorAll<HTMLInputElement>(`input[name=${name}]`)) field.value = value.toFixed(4);
        };
        set("lon", coords.longitude);
        set("lat", coords.latitude);
        said.textContent = said.dataset["said"] ?? "";
      },
      () => {
        button.disabled = false;
        said.textContent = said.dataset["failed"] ?? "";
      },
      { timeout: 10_000, maximumAge: 60_000 },
    );
  });
}
