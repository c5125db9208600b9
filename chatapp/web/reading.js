// Pure: turns lines of the server into messages of a conversation, and events into sentences.

import { fold, isChannel, isName, isSame, parseTime } from "./line.js";
import { NICKS_MAX, REACTIONS_MAX, bounded, newKey } from "./history.js";

export const REASON_TAG = "+chatapp/reason"; // of a ban or a mute
export const ID_TAG = "+chatapp/id";
const REPLY_TAGS = ["+reply", "+draft/reply"]; // both names of the tag
const CHANGES_MAX = 20; // of one MODE
export const ROLES = { q: "founder", a: "protected operator", o: "operator", h: "half-operator", v: "member with a voice" };

/** Tells whether a line is a message (PRIVMSG or NOTICE) of a user, and not of the server. */
export function isSaid({ verb, source, nick, params }) {
	return (verb === "PRIVMSG" || verb === "NOTICE") && source.includes("!") && isName(nick) && isName(params[0] ?? "");
}

/** Returns a message with all its fields; those that are not given are empty. */
export function messageOf(fields) {
	return {
		id: "", kind: "said", to: "", text: "", action: false, notice: false, own: false, clientId: "", replyTo: "",
		edited: false, reactions: [], deleted: false, ...fields, key: newKey(), rev: 0,
	};
}

/** Returns the message of a line; `now` (ms) is its time if the line has none. */
export function said(line, me, now) {
	const [target, text = ""] = line.params;
	const own = isSame(line.nick, me);
	const channel = channelOf(target);
	const action = ctcpWords(text, line.verb === "NOTICE");
	return messageOf({
		id: line.tags.msgid ?? "",
		conversation: isChannel(channel) ? channel : own ? target : line.nick,
		to: target.slice(0, -channel.length),
		time: parseTime(line.tags.time) ?? now,
		sender: line.nick,
		text: bounded(action ?? text),
		action: action !== null,
		notice: line.verb === "NOTICE",
		own,
		clientId: line.tags[ID_TAG] ?? "",
		replyTo: replyTo(line),
		edited: "chatapp/edited" in line.tags,
		reactions: reactionsOf(line.tags["chatapp/reactions"] ?? ""),
	});
}

/** Returns the channel of a message to some of its members (`@#channel`); any other target as it is. */
function channelOf(target) {
	return target.replace(/^[~&@%+]+(?=#)/, "");
}

export function replyTo({ tags }) {
	return tags["+reply"] || tags["+draft/reply"] || "";
}

/** Returns the tags of an answer to a message. */
export function replyTags(id) {
	return id ? Object.fromEntries(REPLY_TAGS.map((tag) => [tag, id])) : {};
}

/** Reads the tag `chatapp/reactions`: one line for each reaction, `<number> <nick>[,<nick> ...] <reaction>`. */
function reactionsOf(value) {
	const found = [];
	for (const line of value.split("\n").slice(0, REACTIONS_MAX)) {
		const [, number, nicks, text] = /^(\d{1,9}) (\S*) (.+)$/.exec(line) ?? [];
		if (text) found.push({ text, count: Number(number), nicks: nicks.split(",").filter(Boolean).slice(0, NICKS_MAX) });
	}
	return found;
}

/** Returns a CTCP text in words that follow the sender's name; null for a text that is not CTCP. */
export function ctcpWords(text, notice) {
	if (text[0] !== "\x01") return null;
	if (text.startsWith("\x01ACTION ")) return text.slice(8).replace(/\x01$/, "");
	const [command, ...rest] = text.slice(1).replace(/\x01$/, "").split(" ");
	if (!command) return "sends an empty CTCP query";
	return notice ? `answers the CTCP query ${command}: ${rest.join(" ")}` : `sends the CTCP query ${command}, which the page does not answer`;
}

/**
 * Returns what a line tells of a channel, as rows of its history: the KICK, TOPIC or MODE of somebody. The history of the
 * server has them too, if `isKept`; then a row has an id, so that it is there once. `now` (ms): see said().
 */
export function acts(line, { nick: me, announced, now }, isKept) {
	const { verb, nick: by, tags, params: [, about = "", text = "", ...more] } = line;
	const time = parseTime(tags.time) ?? now;
	const rows = {
		KICK: () => [{ sort: "kicked", nicks: [about], text: isSame(text, by) ? "" : text }], // servers add the nick where there is no reason
		TOPIC: () => [{ sort: "topic", text: about }],
		MODE: () => {
			const reason = tags[REASON_TAG] ? ` Reason: ${tags[REASON_TAG]}` : "";
			const changes = latest(announced.changes(about, [text, ...more]).slice(0, CHANGES_MAX));
			return changes.map((change) => ({ sort: "mode", text: modeSentence(change, announced.roles, by, me) + reason }));
		},
	}[verb]?.() ?? [];
	return rows.map((row, at) => messageOf({ kind: "event", id: isKept ? `${row.sort} ${time} ${at}` : "", by, own: isSame(by, me), time, ...row }));
}

/** Returns where a user did something to a message, {where, sender}; null for another line. */
export function about({ source, nick, params }, me) {
	const target = channelOf(params[0] ?? "");
	if (!source.includes("!") || !isName(nick) || !isName(target)) return null;
	return { where: isChannel(target) || isSame(nick, me) ? target : nick, sender: nick };
}

/** Returns up to five names as people write them: "alice, bob and 3 others". */
export function nameList(nicks) {
	const shown = nicks.length > 6 ? nicks.slice(0, 5) : nicks;
	const rest = nicks.length - shown.length;
	if (rest) return `${shown.join(", ")} and ${rest} others`;
	return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}` : (shown[0] ?? "");
}

/** Returns the sentence of an event of a conversation. */
export function sentence({ sort, nicks = [], left = [], by = "", text = "" }, me) {
	const who = nameOf(by, me);
	const byWhom = !by || isSame(by, me) ? who.toLowerCase() : who;
	const names = nameList(nicks.map((nick) => nameOf(nick, me)));
	switch (sort) {
		case "moved":
			return [names && `${names} joined.`, left.length && `${nameList(left.map((nick) => nameOf(nick, me)))} left.`].filter(Boolean).join(" ");
		case "kicked":
			return `${names} ${names === "You" ? "were" : "was"} removed by ${byWhom}${text && ": "}${text || "."}`;
		case "topic":
			return text ? `${who} set the topic: ${text}` : `${who} removed the topic.`;
		case "renamed":
			return `The channel is now ${text}.`;
		default:
			return text;
	}
}

function nameOf(nick, me) {
	return isSame(nick, me) ? "You" : isSame(nick, "you") ? `“${nick}”` : nick || "The server";
}

// What a mode means when it is set, and when it is removed; {} is its parameter.
export const FLAGS = {
	f: ["who cannot join comes to {}", "who cannot join comes to no other channel"],
	i: ["only invited people can join", "everybody can join without an invitation"],
	k: ["people need the key {} to join", "people need no key to join"],
	l: ["at most {} people can be members", "any number of people can be members"],
	m: ["only members with a role can write", "all members can write"],
	n: ["only members can write", "people who are not members can write too"],
	s: ["the channel is secret: only its members know of it", "the channel is not secret"],
	t: ["only those who keep order set the topic", "all members can set the topic"],
	W: ["newcomers read only what is said after they join", "newcomers can read what was said before"],
};

/** Returns of the changes of each ban or mute the last; it is `again` if it replaces one that was removed before it. */
export function latest(changes) {
	const found = new Map();
	for (const each of changes) {
		const key = each.mode === "b" ? each.parameter.replace(/^~t:\d+:/, "").toLowerCase() : each;
		found.set(key, { ...each, again: found.get(key)?.on === false });
	}
	return [...found.values()];
}

/** Returns the sentence of one change of a mode. A server, whose name has a dot, ends a ban whose time is over. */
export function modeSentence({ on, mode, parameter, again }, roles, by, me) {
	const who = nameOf(by, me);
	if (roles[mode]) {
		const name = nameOf(parameter, me);
		const role = `${/^[aeiou]/.test(ROLES[mode]) ? "an" : "a"} ${ROLES[mode] ?? mode}`;
		return `${name} ${name === "You" ? "are" : "is"} ${on ? "now" : "no longer"} ${role} (by ${who === "You" ? "you" : who}).`;
	}
	if (mode === "b" && parameter) {
		const { name, mute, minutes } = maskWords(parameter);
		const noun = `the ${mute ? "mute" : "ban"} of ${name}`;
		if (!on) return by.includes(".") ? `Over: ${noun}.` : `${who} ended ${noun}.`;
		const what = again ? `changed ${noun}, now` : `${mute ? "muted" : "banned"} ${name}`;
		return `${who} ${what}${lasting(minutes) || " for good"}.`;
	}
	if (mode === "e" && parameter) return `${who} ${on ? "excepted" : "ended the exception of"} ${maskWords(parameter).name} from bans and mutes.`;
	const change = FLAGS[mode]?.[on ? 0 : 1].replace("{}", parameter);
	if (change) return `${who} changed the channel: ${change} now.`;
	return `${who} ${on ? "set" : "removed"} the mode ${mode} ${parameter}`.trim();
}

/** Reads a mask as `~t:60:~m:bob!*@*`: {name, mute, minutes}. */
export function maskWords(mask) {
	const [, minutes = 0, mute, rest] = /^(?:~t:(\d+):)?(~m:)?(?:~a:)?(.*)$/.exec(mask);
	return { name: rest.replace(/!\*@\*$/, ""), mute: Boolean(mute), minutes: Number(minutes) };
}

/** Tells whether a mask of a list is about somebody; `source` is nick!user@host. Operators choose masks: no regular expression. */
export function isAbout(mask, source) {
	const [, account, pattern] = /^(?:~t:\d+:)?(?:~m:)?(~a:)?(.*)$/.exec(fold(mask));
	return isLike(fold(account ? source.split("!")[0] : source), pattern);
}

/** Tells whether a text matches a pattern with `*` and `?`. After a `*`, the leftmost place leaves most of the text. */
function isLike(text, pattern) {
	let [at, place, star, from] = [0, 0, -1, 0];
	while (at < text.length) {
		if (pattern[place] === "*") [star, from] = [place++, at];
		else if (pattern[place] === "?" || pattern[place] === text[at]) [place, at] = [place + 1, at + 1];
		else if (star >= 0) [place, at] = [star + 1, ++from];
		else return false;
	}
	return /^\**$/.test(pattern.slice(place));
}

/** Returns how long something lasts, as " for an hour"; an empty text for 0 minutes: it has no end. */
export function lasting(minutes) {
	return minutes ? ` for ${duration(minutes)}` : "";
}

/** Returns minutes in words: "an hour", "7 days". */
function duration(minutes) {
	const [size, one, many] = [[1440, "a day", "days"], [60, "an hour", "hours"], [1, "a minute", "minutes"]].find(([each]) => minutes % each === 0);
	return minutes === size ? one : `${minutes / size} ${many}`;
}
