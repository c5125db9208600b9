// Starts the page.

import { App } from "./view/app.js";

const WORKER_AFTER_MS = 2000; // the first messages come first

const root = document.getElementById("app");
const app = new App(root, () => import("./later.js"));
app.start();

// The shell (not the messages) is kept by a service worker, so that the page opens while there is no connection. A
// browser refuses that where it does not know who signed the certificate; the page works without it.
if ("serviceWorker" in navigator && isSecureContext) {
	const register = () => navigator.serviceWorker.register("/sw.js").catch(() => {});
	setTimeout(register, WORKER_AFTER_MS);
}
