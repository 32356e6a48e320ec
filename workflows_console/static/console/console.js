// What htmx alone leaves silent: an update that failed, and a session that ended meanwhile.

const trouble = document.getElementById("trouble");
const notice = document.getElementById("trouble-notice");

for (const event of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(event, () => trouble.replaceChildren(notice.content.cloneNode(true)));
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const answered = new URL(xhr.responseURL);
  if (answered.pathname !== new URL(pathInfo.finalRequestPath, location.href).pathname) {
    // Redirected, which only the sign-in page does: go there, and come back to this page.
    event.detail.shouldSwap = false;
    location.reload();
  } else if (xhr.status < 400) {
    trouble.replaceChildren();
  }
});

// What takes a while says so: the button that was pressed, until the next page is there or this one comes back.
document.addEventListener("submit", ({ submitter: button }) => {
  if (!button?.dataset.busy) return;
  const words = button.textContent;
  button.setAttribute("aria-busy", "true");
  button.textContent = button.dataset.busy;
  addEventListener("pageshow", () => {
    button.removeAttribute("aria-busy");
    button.textContent = words;
  }, { once: true });
});

// On a narrow page the tabs scroll: begin where one is.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
