// What reaches somebody who looks elsewhere: notifications (on request), and the unread count in the title.

import { fold, isSame } from "./line.js";
import { store } from "./store.js";
import { isMentioned, words } from "./text.js";

const WAIT_MS = 1500; // another active device of the account may read the message meanwhile
const SHOWN_MAX = 20; // and messages of a conversation that wait

/** Calls `action` with the service worker, if there is one. */
const worker = (action) => navigator.serviceWorker?.getRegistration().then((found) => found && action(found));

/** Closes what a service worker shows: all, or what has a tag. */
const closeOf = (filter) => worker(async (registration) => {
	for (const each of await registration.getNotifications(filter)) each.close();
});

export class Notifier {
	/** `app` has session, isWatching(name) and open(name). */
	constructor(app) {
		this.app = app;
		this.waiting = new Map(); // conversation -> {timer, messages}
		this.shown = new Map(); // conversation -> {id, close()} of its notification
		if ("serviceWorker" in navigator) navigator.serviceWorker.onmessage = ({ data }) => this.app.open(data);
	}

	get isSupported() {
		return "Notification" in window;
	}

	get isOn() {
		return this.isSupported && Notification.permission === "granted" && Boolean(store.settings().notifications);
	}

	/** Turns notifications on (the browser asks) or off; returns whether they are on. */
	async turn(on) {
		const allowed = on && this.isSupported && (await Notification.requestPermission()) === "granted";
		store.keepSettings({ ...store.settings(), notifications: allowed });
		return allowed;
	}

	/** Takes a new message. Direct messages and mentions are told, unless somebody reads them here or on another device. */
	said(message) {
		const { app } = this;
		if (message.own || message.notice || !this.isOn || app.isWatching(message.conversation)) return;
		if (message.conversation[0] === "#" && !isMentioned(message.text, app.session.nick)) return;
		const { timer: before, messages = [] } = this.waiting.get(message.conversation) ?? {};
		clearTimeout(before);
		const timer = setTimeout(() => this.show(message.conversation), WAIT_MS);
		this.waiting.set(message.conversation, { timer, messages: [...messages, message].slice(-SHOWN_MAX) });
	}

	show(name) {
		const { app } = this;
		const { messages } = this.waiting.get(name);
		this.waiting.delete(name);
		const found = app.session.conversations.get(name);
		const message = messages.findLast(({ deleted, sender }) => !deleted && !app.session.blocked.has(fold(sender)));
		if (!found || !message || found.readUntil >= message.time || app.isWatching(name)) return;
		const where = found.isChannel ? ` in ${found.name}` : "";
		if (this.shown.size >= SHOWN_MAX) this.close(this.shown.keys().next().value);
		const title = `${message.sender}${where}`;
		const options = { body: words(message.text, 160), tag: `chat ${found.key}`, data: found.name };
		try {
			const notification = new Notification(title, options);
			notification.onclick = () => {
				window.focus();
				app.open(found.name);
				notification.close();
			};
			this.shown.set(found.key, { id: message.id, close: () => notification.close() });
		} catch {
			// COMPAT(Chrome on Android): only a service worker shows notifications there.
			worker((registration) => registration.showNotification(title, options));
			this.shown.set(found.key, { id: message.id, close: () => closeOf(options) });
		}
	}

	/** Takes back what another device has read. */
	marked(name) {
		const found = this.app.session.conversations.get(name);
		if (found && !found.unread) this.close(found.key);
	}

	close(key) {
		this.shown.get(key)?.close();
		this.shown.delete(key);
	}

	/** Takes back a message that is deleted. */
	erased(id) {
		for (const { messages } of this.waiting.values()) for (const each of messages) each.deleted ||= each.id === id;
		for (const [key, shown] of this.shown) if (shown.id === id) this.close(key);
	}

	/** Takes back everything, also what an earlier visit has shown. */
	closeAll() {
		for (const { timer } of this.waiting.values()) clearTimeout(timer);
		this.waiting.clear();
		for (const key of this.shown.keys()) this.close(key);
		closeOf();
	}

	/** Writes the number of unread direct messages and mentions into the title. */
	title() {
		const { session, ui } = this.app;
		let count = 0;
		let any = false;
		for (const each of session.conversations.all.values()) {
			if (ui.open && isSame(each.name, ui.open) && this.app.isWatching(each.name)) continue;
			count += each.isChannel ? each.mentions : each.unread;
			any ||= each.unread > 0;
		}
		const where = ui.open ? `${ui.open} · ` : "";
		const mark = count ? `(${count}) ` : any ? "• " : "";
		const title = `${mark}${where}${session.announced.network || "Chat"}`;
		if (document.title !== title) document.title = title;
	}
}
