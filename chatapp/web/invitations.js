// Pure: the invitations to channels that we have, and those that somebody has put aside.

import { fold } from "./line.js";
import { errorOf } from "./replies.js";

const INVITATIONS_MAX = 100; // beyond this number, the oldest is forgotten

export class Invitations {
	/** `session` has ask(), ready, now and tell(). */
	constructor(session) {
		this.session = session;
		this.all = new Map(); // folded channel -> {channel, by, time, removed}; `by`: empty if that is not known
	}

	/** The invitations that nobody has put aside. */
	get open() {
		return [...this.all.values()].filter(({ removed }) => !removed);
	}

	/** Takes those that were put aside on the last visit. */
	restore(removed) {
		for (const { channel, time } of removed) this.all.set(fold(channel), { channel, by: "", time, removed: true });
	}

	/** Takes an invitation of somebody (`by`), of a time (ms). */
	take(channel, by, time) {
		const { all, session } = this;
		const key = fold(channel);
		const known = all.get(key);
		if (known?.time >= time) return Object.assign(known, { by }); // a server tells an invitation again at a sign-in
		all.delete(key);
		if (all.size >= INVITATIONS_MAX) all.delete(all.keys().next().value);
		all.set(key, { channel, by, time });
		return (known && !known.removed) || !session.ready || session.tell("invited", { channel, by });
	}

	/** Puts an invitation aside: it is shown again only if somebody invites us again. */
	remove(channel) {
		const found = this.all.get(fold(channel));
		if (found) Object.assign(found, { removed: true, time: Math.max(found.time, this.session.now) });
	}

	/** Asks which invitations stand; the server leaves out those of people whom we block. Spec: modern-irc, RPL_INVITELIST. */
	ask() {
		this.session.ask("INVITE", [], { quiet: true }, (reply) => {
			if (errorOf(reply)) return;
			const rows = reply.messages.filter(({ verb }) => verb === "336").slice(-INVITATIONS_MAX);
			const removed = [...this.all].filter(([, each]) => each.removed).slice(-INVITATIONS_MAX);
			const listed = rows.map(({ params: [, channel = ""] }) => [fold(channel), this.all.get(fold(channel)) ?? { channel, by: "", time: 0 }]);
			this.all = new Map([...removed, ...listed]);
		});
	}
}
