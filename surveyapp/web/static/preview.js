// Draws a checked form as the phone web app would: docs/phone.md has the messages. The frame is made when it is first
// opened, after the listener, so that its first message is not missed.

const told = JSON.parse(document.getElementById("preview-form").textContent);
const holder = document.getElementById("preview");

const blob = (base64) => new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]);

const draw = () => {
  const frame = document.createElement("iframe");
  frame.className = "phone-frame";
  frame.title = holder.dataset.title;
  window.addEventListener("message", (event) => {
    const ready = event.source === frame.contentWindow && event.data?.type === "surveyapp:preview-ready";
    if (event.origin !== location.origin || !ready) return;
    const media = Object.fromEntries(Object.entries(told.media).map(([name, content]) => [name, blob(content)]));
    frame.contentWindow.postMessage({ type: "surveyapp:preview", xform: told.xform, media }, location.origin);
  });
  frame.src = holder.dataset.src;
  holder.querySelector(".inside").append(frame);
};

holder.hidden = false;
holder.addEventListener("toggle", () => { if (holder.open && !holder.querySelector("iframe")) draw(); });
