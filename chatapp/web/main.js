// Starts the page.

import { App } from "./view/app.js";

const root = document.getElementById("app");
const app = new App(root);
app.start();

// The shell (not the messages) is kept by a service worker, so that the page opens while there is no connection. A
// browser refuses that where it does not know who signed the certificate; the page works without it.
if ("serviceWorker" in navigator && isSecureContext) {
	const files = () => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("/assets/"));
	navigator.serviceWorker
		.register(`${root.dataset.assets}/sw.js`, { scope: "/" })
		.then(() => navigator.serviceWorker.ready)
		.then(({ active }) => active.postMessage(files()))
		.catch(() => {});
}
