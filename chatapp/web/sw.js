// Keeps the shell of the page: the page itself and its files, which never change. So the page opens without a connection,
// and does not wait for a slow network. The browser asks for this script again at each visit; after an upgrade of the
// server it is another script, which keeps the new shell.

const ASSETS = "{{assets}}";
const CACHE = `shell ${ASSETS}`;
const SHELLS_MAX = 2; // a page that was opened before an upgrade still loads its own files
const PATIENCE_MS = 100; // after this time without an answer, the page that was kept is shown
const FILES = ["early.js", "main.js", "later.js", "commands.json", "style.css", "icon.svg"];

self.addEventListener("install", (event) => {
	const urls = ["/", ...FILES.map((name) => `${ASSETS}/${name}`)];
	event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(urls)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
	const old = (names) => names.filter((name) => name.startsWith("shell ")).slice(0, -SHELLS_MAX);
	event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

// A click on a notification opens its conversation.
self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(clients.matchAll({ type: "window", includeUncontrolled: true }).then(async ([page]) => {
		if (!page) return clients.openWindow("/");
		await page.focus();
		return page.postMessage(event.notification.data);
	}));
});

self.addEventListener("fetch", (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (request.method !== "GET" || url.origin !== location.origin) return;
	if (request.mode === "navigate" && url.pathname === "/") event.respondWith(page(request));
	else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

/** The page from the server, if it answers soon; otherwise the page that goes with the files that were kept. */
async function page(request) {
	const fetched = fetch(request);
	const kept = await caches.match("/", { cacheName: CACHE });
	if (!kept) return fetched;
	const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
	return Promise.race([late, fetched.catch(() => kept)]);
}

async function asset(request) {
	return (await caches.match(request)) ?? fetch(request);
}
