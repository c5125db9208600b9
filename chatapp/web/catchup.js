// Pure: fetches the messages that are missing, and asks for pages of history.
//
// After the sign-in it asks which conversations have messages (CHATHISTORY TARGETS). It then fetches the newest page of
// those with unread messages, of those that are known and have new messages, and of the open conversation; after the first
// sign-in, of all of which the browser has kept messages. The others are fetched when somebody opens them. Whatever was
// known before is judged by the pages (history.js): if the newest does not reach back to it, older pages follow.
//
// Pages also have what was done in a channel (KICK, TOPIC, MODE), and lines that are not shown, such as JOIN and TAGMSG.
//
// Within a conversation no two messages have the same time, and times never go back. Spec: IRCv3 draft/chathistory.

import { fold, formatTime, parseTime } from "./line.js";
import { acts, isSaid, said } from "./reading.js";
import { errorOf } from "./replies.js";

export const FULL_PAGE = 100;
const FIRST_PAGE = 30; // of what is asked for with the sign-in, and of what the browser has kept: it is to come soon
const TARGETS_PAGE = 500;
const TARGETS_MAX = 2000;
const PAGES_MAX = 8; // one after the other, until they reach back to what is known
const AT_ONCE = 4; // requests

export class CatchUp {
	/** `session` has ask(), conversations, nick, now, has() and told(). */
	constructor(session) {
		this.session = session;
		this.active = false;
		this.again = false;
		this.open = ""; // the conversation that is shown
		this.#reset();
	}

	#reset() {
		this.active = false;
		this.queue = [];
		this.running = 0;
		this.latest = new Map(); // folded name -> time of the latest message (ms)
	}

	/** The lines that a page has at most. */
	get #most() {
		return this.session.announced.page;
	}

	get #hasHistory() {
		return this.session.has("draft/chathistory");
	}

	closed() {
		this.#reset();
		for (const { key, history } of this.session.conversations.all.values()) {
			if (!history.atEnd && key !== fold(this.open)) history.clear(); // somebody has read far back, and left
			history.doubt();
			history.loading = "";
		}
	}

	/** Asks for the newest page of the open conversation right behind a sign-in that is sent at once. */
	early(again) {
		this.again = again;
		const found = this.session.conversations.get(this.open);
		if (found?.history.atEnd && this.#hasHistory) this.#fetch(found, { limit: FIRST_PAGE, early: true });
	}

	start(again) {
		this.again = again;
		if (!this.#hasHistory) return this.#finish();
		this.active = true;
		this.#askTargets(Infinity);
	}

	#finish() {
		this.active = false;
		this.session.tell("caught-up", { again: this.again });
	}

	#askTargets(before) {
		const limit = Math.min(TARGETS_PAGE, this.#most);
		const request = ["TARGETS", `timestamp=${formatTime(before)}`, `timestamp=${formatTime(0)}`, String(limit)];
		this.run("CHATHISTORY", request, (reply) => this.#onTargets(reply, before, limit));
	}

	#onTargets(reply, before, limit) {
		let oldest = before;
		let rows = 0;
		for (const { verb, params } of reply.messages) {
			const time = parseTime((params[2] ?? "").replace("timestamp=", ""));
			if (verb !== "CHATHISTORY" || params[0] !== "TARGETS" || time === null) continue;
			rows += 1;
			oldest = Math.min(oldest, time);
			const found = this.session.conversations.know(params[1]);
			if (!found) continue;
			this.latest.set(found.key, time);
			found.last = Math.max(found.last, time);
		}
		// The next page begins at the time of the last row, because another conversation may have the same time.
		if (rows >= limit && oldest < before && this.latest.size < TARGETS_MAX) {
			this.#askTargets(Math.min(oldest + 1, before - 1));
			return;
		}
		const latest = (key) => this.latest.get(key) ?? 0;
		const names = [...this.session.conversations.all.keys()].sort((one, other) => latest(other) - latest(one));
		for (const key of names) if (key !== fold(this.open)) this.queue.push(key);
	}

	/** Goes on with the next conversations of the queue. */
	next() {
		while (this.active && this.running < AT_ONCE) {
			const key = this.queue.shift();
			if (key === undefined) {
				if (!this.running) this.#finish();
				return;
			}
			const found = this.session.conversations.get(key);
			if (found) this.#look(found);
		}
	}

	#look(found) {
		if (!found.isChannel && found.marker === null && !found.asked && this.session.has("draft/read-marker")) {
			found.asked = true;
			this.run("MARKREAD", [found.name], () => this.#look(found));
		} else if (this.#isMissing(found)) this.#fetch(found, { limit: found.history.behind && !this.again ? FIRST_PAGE : FULL_PAGE });
	}

	/** Asks the server, then goes on: nothing is finished before its last answer has come. */
	run(verb, params, onReply, early = false) {
		this.running += 1;
		this.session.ask(verb, params, { quiet: true, early }, (reply) => {
			this.running -= 1;
			onReply(reply);
			this.next();
		});
	}

	#isMissing(found) {
		const { history } = found;
		const latest = this.latest.get(found.key) ?? 0;
		if (!history.atEnd || history.loading) return false;
		if (history.behind) return !this.again || latest > history.end;
		return !history.loaded && latest > found.readUntil && !(found.isChannel && found.marker === null);
	}

	/** Fetches the newest page, and those before it until there is no gap, and nothing that is stale; `quiet`: what is unread is not told. */
	#fetch(found, { before = 0, limit = FULL_PAGE, early = false, pages = 1, fresh = [], quiet = false } = {}) {
		found.history.loading = "latest";
		const where = before ? ["BEFORE", found.name, at(before)] : ["LATEST", found.name, "*"];
		this.run("CHATHISTORY", [...where, String(limit)], (reply) => this.#onLatest(found, this.page(reply), { before, limit, pages, fresh, quiet }), early);
	}

	#onLatest(found, { page, ended, from, error }, asked) {
		const { pages, fresh: later, quiet } = asked;
		const { history, marker } = found;
		const wasLoaded = history.loaded;
		history.loading = "";
		if (error) return;
		if (this.#isHidden(from, ended, asked.limit)) return this.#fetch(found, { ...asked, limit: this.#most });
		const isKnown = (each) => history.byId.has(each.id);
		const overlaps = page.some(isKnown);
		const added = page.filter((each) => !isKnown(each));
		const fresh = [...added.filter((each) => !each.own && each.time > found.readUntil), ...later];
		if (!wasLoaded && pages === 1 && found.isChannel && marker === null) {
			found.baseline = Math.max(found.baseline, ...added.map((each) => each.time));
		}
		for (const id of history.take(page, ended ? 0 : from || Infinity)) this.session.tell("erased", { id });
		for (const each of page) this.session.echoed(each);
		const isGap = history.isStale && (wasLoaded || !overlaps);
		if ((isGap || !history.newest) && !ended && from && pages < PAGES_MAX) {
			return this.#fetch(found, { before: from, pages: pages + 1, fresh, quiet });
		}
		if (isGap && history.seen) return this.around(found, history.seen);
		history.settle(ended);
		found.last = Math.max(found.last, history.end);
		this.session.conversations.recount(found);
		const unread = fresh.filter((each) => each.time > found.readUntil);
		if (unread.length && !quiet) this.session.tell("unread", { name: found.name, since: found.readUntil });
		const missed = this.again && wasLoaded ? unread.filter(({ kind }) => kind === "said") : [];
		for (const message of missed) this.session.tell("said", { message, missed: true });
	}

	/** Tells whether all lines of a page are of people whom we block, which the server leaves out: ask for the longest page. */
	#isHidden(from, ended, limit) {
		return !from && !ended && limit < this.#most;
	}

	/**
	 * Returns what is shown of a page, whether the range that was asked for has no more, and the times (ms) of the first and
	 * the last line, which may be a line that is not shown.
	 */
	page(reply) {
		const { session } = this;
		const error = errorOf(reply);
		const lines = reply.messages.filter(({ tags }) => !("draft/chathistory-context" in tags));
		const page = lines.flatMap((line) => (isSaid(line) ? [said(line, session.nick, session.now)] : acts(line, session, true)));
		const [from, until] = [lines[0], lines[lines.length - 1]].map((line) => parseTime(line?.tags.time) ?? 0);
		return { page, ended: reply.ended, from, until, error };
	}

	// What somebody looks at

	/** Notes that a conversation is shown; fetches its newest page if it is not known. */
	show(name) {
		const { conversations } = this.session;
		const [before, found] = [this.open, name].map((each) => conversations.get(each));
		if (before && before !== found) before.history.seen = undefined;
		this.open = name;
		if (!found || !this.session.ready) return;
		const { history } = found;
		if (!found.askedWho) found.askedWho = this.session.ask("WHO", [found.name], { quiet: true });
		if (!this.#hasHistory) history.loaded = true;
		else if (!history.loading && (!history.loaded || history.behind)) {
			if (history.atEnd) this.#fetch(found);
			else this.around(found, history.seen ?? Infinity);
		}
	}

	/** Fetches the page before the oldest message ("before"), or after the newest ("after"). */
	more(found, side, edge = side === "before" ? found.history.begin : found.history.end, limit = FULL_PAGE) {
		const { history } = found;
		if (!this.session.ready || history.loading || !edge || !this.#hasHistory) return;
		if (side === "before" ? history.atStart : history.atEnd) return;
		history.loading = side;
		const request = [side.toUpperCase(), found.name, at(edge), String(limit)];
		this.session.ask("CHATHISTORY", request, {}, (reply) => {
			history.loading = "";
			const { page, ended, from, until, error } = this.page(reply);
			if (error) return;
			if (this.#isHidden(from, ended, limit)) return this.more(found, side, edge, this.#most);
			const isBefore = side === "before";
			history[isBefore ? "atStart" : "atEnd"] = ended;
			history.addPage(page, isBefore ? "new" : "old");
			if (isBefore && from) history.since = from;
			const isFurther = isBefore ? from && from < edge : until > edge;
			return !page.length && isFurther && this.more(found, side, isBefore ? from : until);
		});
	}

	/** Shows the messages around a time instead. */
	around(found, time) {
		const request = ["AROUND", found.name, `timestamp=${formatTime(time)}`, String(FULL_PAGE)];
		if (!this.session.ready) return;
		found.history.loading = "around";
		this.session.ask("CHATHISTORY", request, {}, (reply) => {
			found.history.loading = "";
			const { page, from, error } = this.page(reply);
			if (error) return;
			const newest = page[page.length - 1]?.time ?? 0;
			found.history.replace(page, { atStart: false, atEnd: newest >= found.last, since: from });
		});
	}

	/** Goes back to the newest messages. */
	toEnd(found) {
		found.history.clear();
		this.#fetch(found, { quiet: true });
	}
}

function at(time) {
	return `timestamp=${formatTime(time)}`;
}

