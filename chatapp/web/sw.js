// Keeps the shell of the page: the page itself, for when there is no connection, and its files, which never change.

const CACHE = `shell ${new URL("./", location.href).pathname}`;
const FILES = ["early.js", "main.js", "view/later.js", "revoke.js", "commands.json", "style.css", "icon.svg"];

self.addEventListener("install", (event) => {
	const urls = ["/", ...FILES.map((name) => new URL(name, location.href).href)];
	event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(urls)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
	const old = (names) => names.filter((name) => name.startsWith("shell ") && name !== CACHE);
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

/** The page from the server; without a connection, the page that was kept, which goes with the files that were kept. */
async function page(request) {
	try {
		return await fetch(request);
	} catch (error) {
		const kept = await caches.match("/");
		if (kept) return kept;
		throw error;
	}
}

async function asset(request) {
	return (await caches.match(request)) ?? fetch(request);
}
