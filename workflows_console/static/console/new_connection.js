// New Connection's two tabs. Without this module both stand open, one below the other, under their headings.

const list = document.querySelector("[data-form-tabs]");
const tabs = [...list.querySelectorAll("button")];
const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

function select(chosen, { focus = false } = {}) {
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    panelOf(tab).hidden = !isChosen;
  }
  if (focus) chosen.focus();
}

function reveal(id) {
  const target = id && document.getElementById(id);
  const tab = target && tabs.find((each) => panelOf(each).contains(target));
  if (!tab) return;
  select(tab);
  target.focus();
}

list.hidden = false;
list.setAttribute("role", "tablist");
for (const tab of tabs) {
  const panel = panelOf(tab);
  tab.setAttribute("role", "tab");
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", tab.id);
  panel.querySelector("h2").hidden = true;
  tab.addEventListener("click", () => select(tab));
}
list.addEventListener("keydown", (event) => {
  const at = tabs.indexOf(document.activeElement);
  const places = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
  if (!(event.key in places)) return;
  event.preventDefault();
  select(tabs[places[event.key] % tabs.length], { focus: true });
});
// A link in the summary of errors leads into whichever tab holds its field.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link) reveal(link.hash.slice(1));
});
// The box one types in is never swapped, so its state follows the answer that came beside it.
document.addEventListener("htmx:afterSettle", () => {
  const isInvalid = document.querySelector("#manual-errors .field__error") !== null;
  const box = document.getElementById("id_manual");
  if (isInvalid) box.setAttribute("aria-invalid", "true");
  else box.removeAttribute("aria-invalid");
});

select(tabs.find((tab) => panelOf(tab).querySelector("[aria-invalid]")) ?? tabs[0]);
