// The page after a payment looks again by itself while the payment service has not answered: politely, ever more rarely, and only while it is seen.
"use strict";

let pause = 3000;

async function lookAgain() {
  const shown = document.getElementById("payment");
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("payment");
      if (answer.ok && fresh && fresh.dataset.state !== shown.dataset.state) {
        shown.replaceWith(fresh);
        return;
      }
    } catch { /* the network is away for a moment: the next look will tell */ }
    pause = Math.min(pause * 1.4, 30000);
  }
  setTimeout(lookAgain, pause);
}

setTimeout(lookAgain, pause);
