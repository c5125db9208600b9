// The WebSocket of a session: it carries lines, and comes back by itself when it was lost.
//
// Spec: IRCv3 websocket, "text.ircv3.net": one line is one message, without CR LF.

const FIRST_RETRY_MS = 300;
const QUICK_RETRY_MS = 1000; // of the first attempts, so that who waits is back soon after the server
const QUICK_RETRIES = 60; // about a minute
const RETRY_MAX_MS = 20000;
const OPEN_MAX_MS = 15000; // a connection that is not open after this time is tried again
const SILENCE_MAX_MS = 30000; // after this time, or when something was sent, a PING asks whether the server is there
const ANSWER_MAX_MS = 30000; // more than the server waits before it tells its clients again that their sign-in waits

export class Socket {
	/** `on`: {opened(), line(text), closed()}; `url` is that of the server. */
	constructor(url, on) {
		this.url = url;
		this.on = on;
		this.socket = null;
		this.isOpen = false;
		this.wanted = false;
		this.failures = 0;
		this.retryAt = 0;
		this.timer = 0;
		this.heardAt = 0;
		addEventListener("online", () => this.now());
		document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#wake());
		setInterval(() => this.#watch(), 5000);
	}

	open() {
		this.wanted = true;
		this.now();
	}

	close() {
		this.wanted = false;
		clearTimeout(this.timer);
		this.retryAt = 0;
		this.socket?.close();
	}

	/** Begins another connection. */
	again() {
		this.lost(this.socket);
	}

	/** Connects at once, if there is no connection. */
	now() {
		if (!this.wanted || this.socket) return;
		clearTimeout(this.timer);
		this.retryAt = 0;
		const socket = this.early() ?? new WebSocket(this.url, ["text.ircv3.net"]);
		this.socket = socket;
		const slow = setTimeout(() => this.isOpen || this.lost(socket), OPEN_MAX_MS);
		socket.onopen = () => {
			if (this.socket !== socket || this.isOpen) return;
			this.isOpen = true;
			this.heardAt = Date.now();
			this.on.opened();
		};
		socket.onmessage = ({ data }) => {
			if (this.socket !== socket) return;
			this.heardAt = Date.now();
			this.failures = 0;
			if (typeof data === "string") this.on.line(data);
		};
		socket.onclose = () => {
			clearTimeout(slow);
			this.lost(socket);
		};
		if (socket.readyState === WebSocket.OPEN) socket.onopen();
	}

	/** Returns the connection that early.js has begun, once. */
	early() {
		const { socket } = window.early;
		window.early.socket = null;
		return socket?.readyState < WebSocket.CLOSING ? socket : null;
	}

	send(lines) {
		if (!this.isOpen || !lines.length) return;
		this.heardAt = Math.min(this.heardAt, Date.now() - SILENCE_MAX_MS);
		for (const line of lines) this.socket.send(line);
	}

	lost(socket) {
		if (this.socket !== socket) return;
		this.socket = null;
		this.isOpen = false;
		socket.onmessage = null;
		socket.close();
		this.on.closed();
		if (!this.wanted) return;
		// Later the waits grow; with jitter, so that not all come back at once.
		const quick = Math.min(QUICK_RETRY_MS, FIRST_RETRY_MS * 1.6 ** this.failures);
		const wait = Math.min(RETRY_MAX_MS, quick * 1.6 ** Math.max(0, this.failures - QUICK_RETRIES)) * (0.5 + Math.random() / 2);
		this.failures += 1;
		this.retryAt = Date.now() + wait;
		this.timer = setTimeout(() => this.now(), wait);
	}

	/** Asks a silent server whether it is there; gives the connection up if there is no answer. */
	#watch() {
		if (!this.isOpen) return;
		const silence = Date.now() - this.heardAt;
		if (silence > SILENCE_MAX_MS + ANSWER_MAX_MS) this.lost(this.socket);
		else if (silence >= SILENCE_MAX_MS) this.socket.send("PING alive");
	}

	/** After the device slept, a connection may only seem to be open. */
	#wake() {
		this.now();
		this.#watch();
	}
}
