// A button that copies the text beside it, or the entries of the list it names, one in a line.
// Without scripts it isn't there: the text can be selected as well.

for (const button of document.querySelectorAll("[data-copy]")) {
  const list = document.getElementById(button.dataset.copy);
  const box = list ? null : button.parentElement.querySelector("input");
  button.hidden = false;
  box?.addEventListener("focus", () => box.select());
  button.addEventListener("click", async () => {
    box?.select();
    const text = list ? [...list.children].map((each) => each.textContent.trim()).join("\n") : box.value;
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
}
