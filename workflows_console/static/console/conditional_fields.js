// Shows the fields that count with the options chosen. Without this module all are there, and say when they count.

const conditional = [...document.querySelectorAll("[data-when]")];
const form = conditional[0].closest("form");

function update() {
  const chosen = new FormData(form);
  for (const field of conditional) {
    const condition = [...new URLSearchParams(field.dataset.when)];
    field.hidden = !condition.every(([name, value]) => chosen.get(name) === value);
  }
}

for (const words of form.querySelectorAll(".counts-with")) words.hidden = true;
form.addEventListener("change", update);
update();
