// Keeps the shell of the page: the page itself, for when there is no connection, and its files, which never change.

const CACHE = `shell ${new URL("./", location.href).pathname}`;

self.addEventListener("install", (event) => {
	event.waitUntil(caches.open(CACHE).then((cache) => cache.add("/")).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
	const old = (names) => names.filter((name) => name.startsWith("shell ") && name !== CACHE);
	event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

// The page tells which files it has loaded before this worker was there.
self.addEventListener("message", (event) => {
	event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(event.data)));
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

/** The page from the server; without a connection, the page that was kept. */
async function page(request) {
	const cache = await caches.open(CACHE);
	try {
		const answer = await fetch(request);
		if (answer.ok) await cache.put("/", answer.clone());
		return answer;
	} catch (error) {
		const kept = await cache.match("/");
		if (kept) return kept;
		throw error;
	}
}

async function asset(request) {
	const kept = await caches.match(request);
	if (kept) return kept;
	const answer = await fetch(request);
	if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
	return answer;
}
