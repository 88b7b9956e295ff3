// The code on a teacher's screen: fetched anew when it changes, in place, so that whoever reads the page with a keyboard or a reader stays
// where they are. Without a script the page loads itself anew.
const next = () => {
  const code = document.querySelector<HTMLElement>("[data-code]");
  if (code) setTimeout(renew, (Number(code.dataset.code) + 0.3) * 1000);
};

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-code]");
    const old = document.querySelector("[data-code]");
    // The lesson is over, or the class was stopped: the page says so itself.
    if (!answer.ok || !fresh || !old) return location.reload();
    old.replaceWith(fresh);
  } catch {
    // No network for a moment: the code that is shown is asked for again soon.
    return void setTimeout(renew, 2000);
  }
  next();
}

next();
