// A button that copies what stands beside it. Without scripts it isn't there: the text can be selected as well.

for (const button of document.querySelectorAll("[data-copy]")) {
  const box = button.parentElement.querySelector("input");
  button.hidden = false;
  box.addEventListener("focus", () => box.select());
  button.addEventListener("click", async () => {
    box.select();
    await navigator.clipboard.writeText(box.value);
    button.textContent = "Copied";
  });
}
