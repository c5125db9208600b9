// Pure: the state of the conversations: channels and people, members, unread counts, typing, and who is here.
//
// `session.js` feeds it with the lines of the server. Messages of a conversation: see `history.js`.

import { History } from "./history.js";
import { fold, isChannel, isName, isSame } from "./line.js";
import { isMentioned } from "./text.js";

const CONVERSATIONS_MAX = 2000; // beyond this, the person whose last message is the oldest is forgotten
const MEMBERS_MAX = 20000; // of one channel
const PEOPLE_MAX = 20000; // of whom is known whether they are here
const AWAY_CHARACTERS_MAX = 100; // of an away message
const TYPING_MS = { __proto__: null, active: 6000, paused: 30000 }; // Spec: IRCv3 typing
const TYPING_MAX = 20;

class Conversation {
	constructor(name) {
		this.key = fold(name);
		this.name = name;
		this.isChannel = isChannel(name);
		this.topic = "";
		this.members = new Map(); // folded nick -> {nick, prefixes}
		this.unread = this.mentions = 0;
		this.more = false; // there are more unread messages than `unread`
		this.last = 0; // time of the last message (ms)
		this.marker = null; // the read marker of the account (ms); null: none
		this.baseline = 0; // without a marker: messages up to this time (ms) do not count as unread
		this.typing = new Map(); // nick -> until when (ms)
		this.since = 0; // since when we know the person (ms, by the server); 0: since now. See acquaintances.js
		this.gone = false; // the person is no longer on the server; who has the name next is somebody else
		this.asked = this.askedWho = false; // whether its marker, and its members, were asked for on this connection
		this.history = new History();
	}

	get readUntil() {
		return this.marker ?? this.baseline;
	}

	forget(nick) {
		this.members.delete(fold(nick));
		this.typing.delete(nick);
	}
}

function isUnread(found, message) {
	return message?.kind === "said" && !message.own && !message.deleted && message.time > found.readUntil;
}

export class Conversations {
	/** `session` has our nick, and `announced`: the settings of the server. */
	constructor(session) {
		this.session = session;
		this.all = new Map(); // folded name -> Conversation
		this.away = new Map(); // folded nick -> whether this user is away, or the away message
		this.listed = new Map(); // members from RPL_NAMREPLY (353), until RPL_ENDOFNAMES (366)
		this.stale = new Set(); // channels of the last connection that this connection has not confirmed by a JOIN
	}

	get me() {
		return this.session.nick;
	}

	get(name) {
		return this.all.get(fold(name));
	}

	get channels() {
		return [...this.all.values()].filter((each) => each.isChannel);
	}

	get people() {
		return [...this.all.values()].filter((each) => !each.isChannel);
	}

	/** Returns a conversation; begins one with a person if there is none. Returns nothing for a channel we are not in. */
	know(name) {
		return this.get(name) ?? (isChannel(name) ? undefined : this.begin(name));
	}

	begin(name) {
		const made = new Conversation(name);
		if (this.all.size >= CONVERSATIONS_MAX) {
			const [oldest] = this.people.sort((one, other) => one.last - other.last);
			this.all.delete(oldest?.key);
		}
		this.all.set(made.key, made);
		return made;
	}

	/** Notes that a new connection begins: its server lists our channels and their members again. */
	opened() {
		this.stale = new Set(this.channels.map((each) => each.key));
		this.listed.clear();
		this.away.clear();
		for (const each of this.all.values()) {
			each.typing.clear();
			each.asked = each.askedWho = false;
		}
	}

	/** Drops the channels that the server did not name on this connection, and returns their names. */
	settle() {
		const gone = [...this.stale].map((key) => this.all.get(key)).filter(Boolean);
		for (const { key } of gone) this.all.delete(key);
		this.stale.clear();
		return gone.map((each) => each.name);
	}

	typists(name, now) {
		return [...(this.get(name)?.typing ?? [])].filter(([, until]) => until > now).map(([nick]) => nick);
	}

	/** Tells whether a user is away; null if that is not known. */
	isAway(nick) {
		const known = this.away.get(fold(nick));
		return known === undefined ? null : Boolean(known);
	}

	/** The away message of a user; empty if there is none, and for a user who is not connected. */
	awayWords(nick) {
		const known = this.away.get(fold(nick));
		return typeof known === "string" && !known.startsWith("not connected") ? known : "";
	}

	noteAway(nick, isAway, words = "") {
		const key = fold(nick);
		const known = this.away.get(key);
		if (this.away.size >= PEOPLE_MAX) this.away.clear();
		this.away.set(key, isAway && (words.slice(0, AWAY_CHARACTERS_MAX) || known || true));
	}

	/** Returns the prefixes of a member of a channel (empty: no role); null if the member is not known. */
	prefixes(channel, nick) {
		return this.get(channel)?.members.get(fold(nick))?.prefixes ?? null;
	}

	/** Takes a new message of a conversation: counts it as unread if it is. */
	said(found, message) {
		found.last = Math.max(found.last, message.time);
		found.typing.delete(message.sender);
		if (message.own || message.time <= found.readUntil) return;
		found.unread += 1;
		found.mentions += isMentioned(message.text, this.me);
	}

	/** Deletes a message: what nobody can read any more is not unread. */
	erase(found, id, deletedBy, reason) {
		const { history } = found;
		const message = history.byId.get(id);
		const isMention = isMentioned(message?.text ?? "", this.me);
		const wasUnread = found.unread > 0 && isUnread(found, message);
		history.erase(id, deletedBy, reason);
		if (history.loaded && history.atEnd) this.recount(found);
		else if (wasUnread) {
			found.unread -= 1;
			found.mentions = Math.min(found.unread, Math.max(0, found.mentions - isMention));
		}
	}

	/** Counts the unread messages again from the messages that are known. */
	recount(found) {
		const { messages, atStart, atEnd } = found.history;
		const unread = messages.filter((each) => isUnread(found, each));
		found.unread = unread.length;
		found.mentions = unread.filter((each) => isMentioned(each.text, this.me)).length;
		found.more = unread.length > 0 && !(atEnd && (atStart || messages[0].time <= found.readUntil));
	}

	marked(found, until) {
		if (until === null) return;
		found.marker = Math.max(found.marker ?? 0, until);
		if (found.marker >= found.last) Object.assign(found, { unread: 0, mentions: 0, more: false });
		else if (found.history.loaded && found.history.atEnd) this.recount(found);
	}

	// The lines of the server

	take(message, now) {
		READERS[message.verb]?.(this, message, now);
	}

	onJoin({ params: [channel = ""], nick }) {
		if (!isChannel(channel)) return;
		if (isSame(nick, this.me)) {
			const found = this.get(channel) ?? this.begin(channel);
			found.name = channel;
			this.stale.delete(found.key);
		}
		const members = this.get(channel)?.members;
		if (members?.size < MEMBERS_MAX && !members.has(fold(nick))) members.set(fold(nick), { nick, prefixes: "" });
	}

	leave(channel = "", nick = "") {
		if (isSame(nick, this.me)) this.all.delete(fold(channel));
		this.get(channel)?.forget(nick);
	}

	onQuit(nick) {
		for (const each of this.all.values()) each.forget(nick);
		this.away.delete(fold(nick));
	}

	/** NICK: the conversation with the user goes on under the new nick, unless there is one with whoever had it before. */
	onNick(old, nick = "") {
		if (!isName(nick)) return;
		const key = fold(old);
		for (const each of this.all.values()) {
			const member = each.members.get(key);
			each.forget(old);
			if (member) each.members.set(fold(nick), { ...member, nick });
			each.history.renamed(old, nick);
		}
		const away = this.away.get(key);
		if (this.away.delete(key)) this.away.set(fold(nick), away);
		const found = this.get(old);
		if (!found) return;
		found.since = 0;
		if (isSame(old, nick) || !this.get(nick)) this.rename(found, nick);
		else found.gone = true;
	}

	rename(found, name) {
		this.all.delete(found.key);
		Object.assign(found, { name, key: fold(name) });
		this.all.set(found.key, found);
	}

	/** RPL_NAMREPLY: client, symbol, channel, names with prefixes. Spec: modern-irc; IRCv3 userhost-in-names. */
	onNames({ params: [, , channel = "", names = ""] }) {
		const key = fold(channel);
		const listed = this.listed.get(key) ?? new Map();
		const all = Object.values(this.session.announced.roles).join("");
		if (this.all.has(key)) this.listed.set(key, listed);
		for (const word of names.split(" ")) {
			let at = 0;
			while (at < word.length && all.includes(word[at])) at += 1;
			const [nick] = word.slice(at).split("!");
			if (nick && listed.size < MEMBERS_MAX) listed.set(fold(nick), { nick, prefixes: word.slice(0, at) });
		}
	}

	onEndOfNames(key) {
		const found = this.all.get(key);
		if (found && this.listed.has(key)) found.members = this.listed.get(key);
		this.listed.delete(key);
	}

	onMode({ params: [channel = "", modes = "", ...parameters] }) {
		const members = this.get(channel)?.members;
		const { roles } = this.session.announced;
		for (const { on, mode, parameter } of this.session.announced.changes(modes, parameters)) {
			const member = members?.get(fold(parameter));
			if (!roles[mode] || !member) continue;
			const kept = Object.values(roles).filter((each) => (each === roles[mode] ? on : member.prefixes.includes(each)));
			members.set(fold(parameter), { ...member, prefixes: kept.join("") });
		}
	}

	/** RENAME: the conversation goes on under another name. Spec: IRCv3 draft/channel-rename. */
	onRename(old = "", name = "") {
		const found = this.get(old);
		if (found?.isChannel && isChannel(name) && !name.includes(" ")) this.rename(found, name);
	}

	setTopic(channel = "", topic = "") {
		const found = this.get(channel);
		if (found) found.topic = topic;
	}

	onTyping({ tags, nick, params: [target = ""] }, now) {
		const state = tags["+typing"];
		const typing = this.get(isChannel(target) ? target : nick)?.typing;
		if (!typing || !state || isSame(nick, this.me)) return;
		typing.delete(nick);
		if (TYPING_MS[state] && typing.size < TYPING_MAX) typing.set(nick, now + TYPING_MS[state]);
	}
}

const READERS = {
	JOIN: (it, line) => it.onJoin(line),
	PART: (it, { params, nick }) => it.leave(params[0], nick),
	KICK: (it, { params }) => it.leave(params[0], params[1]),
	QUIT: (it, { nick }) => it.onQuit(nick),
	NICK: (it, { nick, params }) => it.onNick(nick, params[0]),
	MODE: (it, line) => it.onMode(line),
	RENAME: (it, { params }) => it.onRename(...params),
	TOPIC: (it, { params }) => it.setTopic(...params),
	TAGMSG: (it, line, now) => it.onTyping(line, now),
	AWAY: (it, { nick, params }) => it.noteAway(nick, params.length > 0, params[0]),
	301: (it, { params: [, nick = "", words] }) => it.noteAway(nick, true, words),
	331: (it, { params }) => it.setTopic(params[1]),
	332: (it, { params }) => it.setTopic(params[1], params[2]),
	352: (it, { params }) => it.noteAway(params[5] ?? "", params[6]?.[0] === "G"), // RPL_WHOREPLY; "G" is away, "H" is here
	353: (it, line) => it.onNames(line),
	366: (it, { params }) => it.onEndOfNames(fold(params[1] ?? "")),
};
