// Pure: since when we know who has a name, so that no text reaches whoever gets the name later.
//
// While we are connected, the server tells us who has gone; while we are not, somebody else may get the name. So a text
// to a person tells since when we know the name (SINCE_TAG): since the first message, or since we lost the connection.
// The server refuses the text if somebody else has the name since then. `since` of a conversation: 0 is "since now".

import { formatTime, parseTime } from "./line.js";

const SINCE_TAG = "+chatapp/since";

export class Acquaintances {
	constructor(session) {
		this.session = session;
		this.ahead = -Infinity; // how far the clock of the server is ahead of ours, as far as we know (ms)
		this.lost = 0; // when we lost the connection, by the clock of the server; 0: we are connected, or never were
	}

	/** Takes the time of a line. A batch is of the past. */
	heard({ tags: { time, batch } }, now) {
		if (time && !batch) this.ahead = Math.max(this.ahead, (parseTime(time) ?? now) - now);
	}

	opened() {
		this.lost = 0;
	}

	closed() {
		const { now, conversations, outbox } = this.session;
		this.lost ||= now && now + (Number.isFinite(this.ahead) ? this.ahead : 0);
		for (const each of conversations.people) each.since ||= this.lost;
		for (const each of outbox.open) each.since ||= conversations.get(each.conversation)?.since ?? 0;
	}

	/** Notes a message of a conversation (its `time`), or that a person writes there; returns since when we know it. */
	meet(found, time = this.lost) {
		if (!found || found.isChannel) return 0;
		found.since ||= time;
		return found.since;
	}

	tags({ since }) {
		return since && this.session.has("chatapp/account") ? { [SINCE_TAG]: formatTime(since) } : {};
	}

	/** Notes that a person has gone, unless we have met since then who has the name now. */
	quit({ nick, tags }) {
		const found = this.session.conversations.get(nick);
		if (found?.since > (parseTime(tags.time) ?? this.session.now)) return;
		this.session.outbox.gone(nick);
		if (found) Object.assign(found, { gone: true, since: 0 });
	}

	/** Notes that somebody else has the name to which a text was sent. */
	refused(entry) {
		entry.since = 0;
		Object.assign(this.session.conversations.know(entry.conversation), { gone: true, since: 0 });
	}
}
