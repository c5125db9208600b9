// What reaches somebody who looks elsewhere: notifications (on request), and the unread count in the title.

import { isSame } from "./line.js";
import { store } from "./store.js";
import { isMentioned, words } from "./text.js";

const WAIT_MS = 1500; // another active device of the account may read the message meanwhile
const SHOWN_MAX = 20;

export class Notifier {
	/** `app` has session, isWatching(name) and open(name). */
	constructor(app) {
		this.app = app;
		this.waiting = new Map(); // conversation -> {timer, time}
		this.shown = new Map(); // conversation -> what closes its notification
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
		clearTimeout(this.waiting.get(message.conversation)?.timer);
		const timer = setTimeout(() => this.show(message), WAIT_MS);
		this.waiting.set(message.conversation, { timer, time: message.time });
	}

	show(message) {
		const { app } = this;
		this.waiting.delete(message.conversation);
		const found = app.session.conversations.get(message.conversation);
		if (!found || found.readUntil >= message.time || app.isWatching(message.conversation)) return;
		const where = found.isChannel ? ` in ${found.name}` : "";
		if (this.shown.size >= SHOWN_MAX) this.shown.clear();
		const title = `${message.sender}${where}`;
		const options = { body: words(message.text, 160), tag: `chat ${found.key}`, data: found.name };
		try {
			const notification = new Notification(title, options);
			notification.onclick = () => {
				window.focus();
				app.open(found.name);
				notification.close();
			};
			this.shown.set(found.key, () => notification.close());
		} catch {
			// COMPAT(Chrome on Android): only a service worker shows notifications there.
			const worker = (action) => navigator.serviceWorker?.getRegistration().then((found) => found && action(found));
			worker((registration) => registration.showNotification(title, options));
			this.shown.set(found.key, () => worker(async (registration) => {
				for (const each of await registration.getNotifications(options)) each.close();
			}));
		}
	}

	/** Takes back what another device has read. */
	marked(name) {
		const found = this.app.session.conversations.get(name);
		if (found && !found.unread) this.shown.get(found.key)?.();
		const waiting = this.waiting.get(name);
		if (found && waiting && found.readUntil >= waiting.time) clearTimeout(waiting.timer);
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
