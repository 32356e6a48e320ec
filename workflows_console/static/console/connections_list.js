// How many connections are selected, and one box that selects all of a page. Without this the boxes work all the same.

const boxes = () => [...document.querySelectorAll('#results input[name="id"]')];

function show() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const said = document.querySelector("#results [data-selected]");
  if (said) said.textContent = count ? `${count} selected` : "Selected connections";
  const label = document.querySelector("#results [data-select-all]");
  if (label) {
    label.hidden = false;
    const box = label.querySelector("input");
    box.checked = count > 0 && count === all.length;
    box.indeterminate = count > 0 && count < all.length;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-select-all]")) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.closest("#results")) show();
});
// A form is emptied after its own event.
document.addEventListener("reset", () => setTimeout(show));
document.body.addEventListener("htmx:afterSettle", show);
window.addEventListener("pageshow", show);
show();
