// The page updates itself: what is marked as live is fetched again while somebody looks,
// and put in place where it has changed. Without this script everything works by reloading.
"use strict";

const pause = 5000, soon = 1000; // milliseconds between two looks; soon: something is on its way
let paused = false;
const status = document.querySelector(".updates");

// busy says that somebody is at work in a part: it must not be taken from under their hands.
function busy(part) {
  const selected = getSelection();
  return part.contains(document.activeElement) && document.activeElement !== document.body
    || part.querySelector("details[open] form")
    || selected && !selected.isCollapsed && part.contains(selected.anchorNode);
}

async function update() {
  const parts = document.querySelectorAll("[data-live]");
  if (!parts.length || paused || document.hidden) return;
  const address = new URL(location.href);
  address.searchParams.delete("notice");
  address.hash = "";
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (answer.redirected || answer.status === 403) { location.reload(); return; }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const other = fresh.getElementById(part.id);
    if (other && other.innerHTML !== part.innerHTML && !busy(part)) part.replaceChildren(...other.childNodes);
  }
}

async function keepUpdating() {
  for (;;) {
    // Whoever comes back to the page does not wait for what has happened meanwhile.
    await new Promise((done) => {
      setTimeout(done, document.querySelector("[data-soon]") ? soon : pause);
      document.addEventListener("visibilitychange", done, { once: true });
    });
    try {
      await update();
      status.classList.remove("lost");
    } catch {
      status.classList.add("lost"); // the service does not answer; it is asked again
    }
  }
}

if (status && document.querySelector("[data-live]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet small";
  button.textContent = "Pause updates";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Resume updates" : "Pause updates";
    status.classList.toggle("paused", paused);
  });
  status.append(button);
  status.hidden = false;
  keepUpdating();
}

// What was shown once is not asked for again when the page is loaded anew.
if (new URLSearchParams(location.search).has("notice")) {
  const address = new URL(location.href);
  address.searchParams.delete("notice");
  history.replaceState(null, "", address);
}
