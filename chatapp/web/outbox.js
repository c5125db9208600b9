// Pure: the messages of ours that the server has not acknowledged yet.
//
// Each has an id of its own (`+chatapp/id`), an idempotency key. Its echo acknowledges it. When the connection ends,
// the messages without an echo are sent again on the next one, in the same order and with the same ids, so that each
// arrives exactly once. At most WINDOW_LINES lines wait for their echo at any time.

import { isSame } from "./line.js";

export const WINDOW_LINES = 20;
export const OUTBOX_MAX = 1000;

/** Says that who has the name next is somebody else. */
export const goneSentence = (name) => `The ${name} you talked with is no longer on this server. Somebody else may have the name now.`;

export class Outbox {
	/** `run` begins the ids; no other session of the account may ever use the same text. */
	constructor(run) {
		this.run = run;
		this.count = 0;
		this.entries = []; // {clientId, conversation, lines, state: "waiting" | "sent" | "failed", reason, ...a message}
	}

	get open() {
		return this.entries.filter((each) => each.state !== "failed");
	}

	get isFull() {
		return this.entries.length >= OUTBOX_MAX;
	}

	of(conversation) {
		return this.entries.filter((each) => isSame(each.conversation, conversation));
	}

	add(entry) {
		this.count += 1;
		this.entries.push({ state: "waiting", reason: "", ...entry, clientId: entry.clientId || `${this.run}.${this.count}` });
	}

	/** Returns the messages to send now; from then on they count as sent. */
	due() {
		let lines = this.entries.reduce((sum, each) => sum + (each.state === "sent" ? each.lines.length : 0), 0);
		const found = [];
		for (const each of this.entries.filter(({ state }) => state === "waiting")) {
			if (lines && lines + each.lines.length > WINDOW_LINES) break;
			each.state = "sent";
			lines += each.lines.length;
			found.push(each);
		}
		return found;
	}

	closed() {
		for (const each of this.open) each.state = "waiting";
	}

	find(id) {
		return this.entries.find((each) => each.clientId === id);
	}

	/** Notes that a message is stored, or that nobody wants to send it any more; returns it if it is one of these. */
	drop(id) {
		const found = this.find(id);
		this.entries = this.entries.filter((each) => each !== found);
		return found;
	}

	refused(id, reason) {
		Object.assign(this.find(id) ?? {}, { state: "failed", reason });
	}

	/** Sends a refused message again. It was not stored, so it keeps its id. */
	again(id) {
		Object.assign(this.find(id) ?? {}, { state: "waiting", reason: "" });
	}

	/** Does not send what waits for somebody who is no longer on the server. */
	gone(name) {
		const reason = goneSentence(name);
		for (const each of this.of(name)) if (each.state === "waiting") Object.assign(each, { state: "failed", since: 0, reason });
	}

	renamed(old, name) {
		for (const each of this.of(old)) each.conversation = name;
	}
}
