// The flow builder: changes kept as they are made, fields that count, and the search among cards.
// Without this module the open card has a button that keeps it, and every field is there.

import { dressFields } from "./builder_chips.js";

const form = document.querySelector("form[data-autosave]");
const WAIT_AT_MOST = 10_000;

// ---------------------------------------------------------------- fields that count with what is chosen

function applyConditions() {
  const chosen = new FormData(form);
  for (const field of form.querySelectorAll("[data-when]")) {
    const condition = [...new URLSearchParams(field.dataset.when)];
    field.hidden = !condition.every(([name, value]) => value.split("|").includes(chosen.get(name)));
  }
}

// ---------------------------------------------------------------- nothing typed is lost

let dirty = false;
let underWay = 0;
let isRefused = false;

// A press on a link or a button goes on once what was typed before it is kept: also what was typed while an earlier
// change was on its way. Where it can't be kept, the page says why.
async function kept() {
  const end = Date.now() + WAIT_AT_MOST;
  isRefused = false;
  while ((dirty || underWay) && !isRefused && Date.now() < end) {
    if (!underWay) htmx.trigger(form, "keep");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return !dirty && !underWay && !isRefused;
}

function goOnAfterKeeping(event, goOn) {
  if (!form || (!dirty && !underWay)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  kept().then((isKept) => isKept && goOn());
}

if (form) {
  dressFields(form);
  for (const words of form.querySelectorAll(".counts-with")) words.hidden = true;
  applyConditions();
  form.addEventListener("change", () => {
    dirty = true;
    applyConditions();
  });
  form.addEventListener("htmx:beforeRequest", ({ target }) => {
    if (target !== form) return;
    dirty = false;
    underWay += 1;
  });
  form.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (target !== form) return;
    underWay -= 1;
    if (detail.successful) document.getElementById("undo").hidden = false;
    else dirty = isRefused = true;
  });
  document.body.addEventListener("not-kept", () => {
    isRefused = true;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    goOnAfterKeeping(event, () => location.assign(link.href));
  }, true);
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    goOnAfterKeeping(event, () => target.requestSubmit(submitter));
  }, true);
  // Who leaves in the middle of a field finds it as it was: a request of the page's own would end with it.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    document.activeElement?.blur();
    if (dirty) htmx.trigger(form, "keep");
  });
  addEventListener("pagehide", () => {
    if (!dirty && !underWay && !form.querySelector("[data-typed]")) return;
    fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true, headers: { "HX-Request": "true" } });
  });
  // Enter in the row for a new field adds it.
  form.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && document.getElementById(event.target.dataset?.enter ?? "");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}

// ---------------------------------------------------------------- the answer says which fields are wrong

document.body.addEventListener("htmx:afterSettle", () => {
  for (const control of document.querySelectorAll("#card-form :is(input, select, textarea, [role=textbox])[aria-describedby]")) {
    const ids = control.getAttribute("aria-describedby").split(" ");
    const isInvalid = ids.some((id) => id.startsWith("e-") && document.getElementById(id)?.firstElementChild);
    if (isInvalid) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
    control.closest(".chipfield")?.classList.toggle("is-invalid", isInvalid);
  }
});

// ---------------------------------------------------------------- the search among cards that can be added

const filter = document.querySelector("[data-filter]");
filter?.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  const offers = [...document.querySelectorAll(`#${filter.dataset.filter} > li`)];
  for (const offer of offers) offer.hidden = !offer.textContent.toLowerCase().includes(wanted);
  document.getElementById("offers-none").hidden = offers.some((offer) => !offer.hidden);
});
// Enter goes to the first card found, so that another Enter adds it.
filter?.form.addEventListener("submit", (event) => {
  const first = document.querySelector(`#${filter.dataset.filter} > li:not([hidden]) button`);
  if (!first) return;
  event.preventDefault();
  first.focus();
});
