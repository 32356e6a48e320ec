// Follow what is under way, but only while somebody looks: a hidden page asks nothing.

const SECONDS = 3;

function follow() {
  const followed = document.querySelector("[data-follow]");
  if (followed && document.visibilityState === "visible") htmx.trigger(followed, "follow");
}

setInterval(follow, SECONDS * 1000);
document.addEventListener("visibilitychange", follow);
