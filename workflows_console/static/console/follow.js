// Follow what is under way, but only while somebody looks: a hidden page asks nothing.

const SECONDS = 3;
const toggled = new Map();

function follow() {
  const followed = document.querySelector("[data-follow]");
  const isSeen = document.visibilityState === "visible" && !document.querySelector(":popover-open");
  if (followed && isSeen) htmx.trigger(followed, "follow");
}

setInterval(follow, SECONDS * 1000);
document.addEventListener("visibilitychange", follow);

// What somebody has folded or unfolded stays so when it is drawn anew.
document.addEventListener("click", (event) => {
  const fold = event.target.closest("summary")?.parentElement;
  if (fold?.id) toggled.set(fold.id, !fold.open);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, isOpen] of toggled) {
    const fold = document.getElementById(id);
    if (fold) fold.open = isOpen;
  }
});
