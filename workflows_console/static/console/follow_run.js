// Follow a run that is under way, but only while somebody looks: a hidden page asks nothing.

const SECONDS = 3;

function follow() {
  const run = document.querySelector("[data-follow]");
  if (run && document.visibilityState === "visible") htmx.trigger(run, "follow");
}

setInterval(follow, SECONDS * 1000);
document.addEventListener("visibilitychange", follow);
