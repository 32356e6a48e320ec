// Ctrl K, or Command K: into the search box, or to the search page where a narrow window has no box.

const boxes = [...document.querySelectorAll("[data-search]")];
const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

for (const box of boxes) {
  box.setAttribute("aria-keyshortcuts", "Control+K Meta+K");
  const hint = box.parentElement.querySelector("kbd");
  if (hint) {
    hint.textContent = isApple ? "⌘ K" : "Ctrl K";
    hint.hidden = false;
  }
}

document.addEventListener("keydown", (event) => {
  const isShortcut = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
  if (!isShortcut || event.isComposing) return;
  const link = document.querySelector(".topbar__find");
  const box = boxes.find((each) => each.checkVisibility());
  if (!box && !link) return; // nobody is signed in
  event.preventDefault();
  if (box) {
    box.focus();
    box.select();
  } else {
    location.assign(link.href);
  }
});
