// Begins what takes time while the page is still loading: the connection, which socket.js takes (the server waits for us to
// speak); the database of store.js, and what was kept in it; and the data for writing times, which a browser loads when it
// needs them for the first time. Where the browser keeps nothing (a private window), there is no database.

const VERSION = 1; // of the database

const base = new Promise((resolve, reject) => {
	const request = indexedDB.open("chatapp", VERSION);
	request.onupgradeneeded = () => request.result.createObjectStore("state");
	request.onsuccess = () => resolve(request.result);
	request.onerror = reject;
});

/** Returns what a request to the database gives (`action` gets its store); undefined if that fails. */
function inBase(mode, action) {
	return base.then((opened) => new Promise((resolve, reject) => {
		const request = action(opened.transaction("state", mode).objectStore("state"));
		request.onsuccess = () => resolve(request.result);
		request.onerror = reject;
	})).catch(() => undefined);
}

window.early = {
	socket: new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, ["text.ircv3.net"]),
	inBase,
	kept: inBase("readonly", (state) => state.get("last")),
};
setTimeout(() => new Intl.DateTimeFormat([], { timeStyle: "short" }).format());
