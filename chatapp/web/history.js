// Pure: the messages of one conversation that are known: one stretch of its history, without gaps, of bounded length.
//
// The stretch may end before the newest message (`atEnd` is false while somebody reads far back) and begin after the
// oldest (`atStart`). A page is added at either end; what is too much is dropped at the other end, but not what is in view.
// A message is {key, id, kind, time, sender, text, ...}; a change gives it a new `rev`, by which the view knows it.
// `kind`: "said", or "event" (somebody joined, was removed, ...).

export const MESSAGES_MAX = 600;
export const TEXT_CHARACTERS_MAX = 65536;
export const REACTIONS_MAX = 60; // different reactions of one message
export const NICKS_MAX = 100; // of one reaction
const MERGED_MAX = 50; // people in one event

let keys = 0;

/** Returns a key for the view, unlike all others of this page. */
export function newKey() {
	keys += 1;
	return `k${keys}`;
}

export function bounded(text) {
	return text.length > TEXT_CHARACTERS_MAX ? `${text.slice(0, TEXT_CHARACTERS_MAX)}…` : text;
}

export class History {
	constructor() {
		this.behind = false; // messages may have been missed since it was loaded
		this.atStart = false;
		this.seen = undefined; // the time (ms) of the first message in view, while somebody reads older messages
		this.loading = ""; // which page was asked for: "" (none), "latest", "before", "after", "around"
		this.clear();
	}

	/** Forgets the messages, to begin with the newest again. */
	clear() {
		this.loaded = false; // the newest page was fetched on some connection
		this.atEnd = true;
		this.messages = [];
		this.since = 0; // the time (ms) of the first line of the oldest page, which may not be shown; 0: that of a message
		this.byId = new Map();
	}

	get oldest() {
		return this.messages[0];
	}

	get newest() {
		return this.messages.findLast((each) => each.id);
	}

	/** The times (ms) between which all is known; Infinity and 0 if nothing is known. */
	get begin() {
		return Math.min(this.since || Infinity, this.oldest?.time ?? Infinity);
	}

	get end() {
		return this.newest?.time ?? 0;
	}

	/** Adds a new message, unless the stretch has ended before it; returns false if it is known. */
	add(message) {
		if (message.id && this.byId.has(message.id)) return false;
		if (this.atEnd) {
			this.insert(message);
			this.trim("old");
		}
		return true;
	}

	/** Adds a message at its place in time. */
	insert(message) {
		let at = this.messages.length;
		while (at > 0 && this.messages[at - 1].time > message.time) at -= 1;
		this.messages.splice(at, 0, message);
		if (message.id) this.byId.set(message.id, message);
	}

	/** Adds a page. A known message takes what the page says of it. Drops what is too much: "old" or "new" messages. */
	addPage(page, drop) {
		for (const message of page) {
			const known = this.byId.get(message.id);
			if (known) update(known, message);
			else this.insert(message);
		}
		this.trim(drop);
	}

	/** Replaces the stretch by a page, and if that is the newest page, by what was said after it as far as there is room. */
	replace(page, { atStart, atEnd, since = 0 }) {
		const known = this.messages;
		const end = page.length ? page[page.length - 1].time : 0;
		this.clear();
		this.addPage(known.filter((each) => page.some(({ id }) => id && id === each.id)), "old");
		this.take(page, 0);
		Object.assign(this, { atStart, atEnd, since, loaded: true, behind: false });
		if (atEnd) this.addPage(known.filter((each) => each.time > end && !each.stale), "new");
	}

	// What was known before a connection was lost, or the page was closed, is stale: the server may have changed or deleted it
	// since then. Pages from the newest backwards tell what it is now; what they do not reach is forgotten.

	doubt() {
		for (const each of this.messages) each.stale = true;
		this.behind ||= this.loaded || this.messages.length > 0;
	}

	restore(page) {
		this.addPage(page, "old");
		this.doubt();
	}

	get isStale() {
		return this.messages.some((each) => each.stale);
	}

	/** Takes a page that has all since a time (ms), until now or until the page before it; returns the ids of what is deleted. */
	take(page, since) {
		const ids = new Set(page.map(({ id }) => id));
		const judged = this.messages.filter((each) => each.stale && each.time >= since);
		const deleted = judged.filter(({ id, kind }) => kind === "said" && !ids.has(id)).map(({ id }) => id);
		for (const each of judged) each.stale = false;
		for (const id of deleted) this.erase(id);
		this.since = since;
		this.addPage(page, "old");
		return deleted;
	}

	/** Notes that the last page was taken: it has the beginning (`atStart`), or what is older and still stale is forgotten. */
	settle(atStart) {
		const stale = this.messages.findLastIndex((each) => each.stale) + 1;
		for (const { id } of this.messages.splice(0, stale)) this.byId.delete(id);
		Object.assign(this, { atStart: atStart || (this.atStart && !stale), loaded: true, behind: false });
	}

	trim(drop) {
		const over = this.messages.length - MESSAGES_MAX;
		if (over <= 0) return;
		if (this.messages[over - 1].time >= this.seen) drop = "new";
		const dropped = drop === "old" ? this.messages.splice(0, over) : this.messages.splice(-over);
		for (const each of dropped) this.byId.delete(each.id);
		if (drop === "old") this.since = 0;
		this[drop === "old" ? "atStart" : "atEnd"] = false;
	}

	/** Adds an event. People who join and leave one after the other are one row, with the last that each of them did. */
	event(event) {
		if (!this.atEnd) return;
		const last = this.messages[this.messages.length - 1];
		if (last?.sort === "moved" && event.sort === "moved" && last.nicks.length + last.left.length < MERGED_MAX) {
			const others = (nicks) => nicks.filter((each) => !event.nicks.concat(event.left).includes(each));
			change(last, { nicks: [...others(last.nicks), ...event.nicks], left: [...others(last.left), ...event.left] });
		} else this.add(event);
	}

	edit(id, text) {
		const found = this.byId.get(id);
		if (found && !found.deleted) change(found, { text: bounded(text), edited: true });
	}

	erase(id, deletedBy = "", reason = "") {
		const found = this.byId.get(id);
		if (found && !found.deleted) change(found, { deleted: true, text: "", edited: false, reactions: [], deletedBy, reason });
	}

	react(id, nick, text, on) {
		const found = this.byId.get(id);
		const known = found?.reactions.find((each) => each.text === text);
		if (!found || found.deleted || known?.nicks.includes(nick) === on) return;
		const { count: before = 0, nicks = [] } = known ?? {};
		const users = on ? [...nicks, nick].slice(0, NICKS_MAX) : nicks.filter((each) => each !== nick);
		const made = { text, count: before + (on ? 1 : -1), nicks: users };
		const others = known ? found.reactions.map((each) => (each === known ? made : each)) : [...found.reactions.slice(0, REACTIONS_MAX - 1), made];
		change(found, { reactions: others.filter((each) => each.count > 0) });
	}

	/** Notes that a user has another nick: the reactions stay those of this user. */
	renamed(old, nick) {
		for (const each of this.messages.filter(({ reactions }) => reactions.some(({ nicks }) => nicks.includes(old)))) {
			change(each, { reactions: each.reactions.map((one) => ({ ...one, nicks: one.nicks.map((user) => (user === old ? nick : user)) })) });
		}
	}
}

function change(message, fields) {
	Object.assign(message, fields, { rev: message.rev + 1 });
}

/** Takes into a known message what a page of history says of it now. */
function update(known, { text, edited, reactions }) {
	const isNew = known.text !== text || known.edited !== edited || JSON.stringify(known.reactions) !== JSON.stringify(reactions);
	if (isNew && !known.deleted) change(known, { text, edited, reactions });
}
