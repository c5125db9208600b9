// Pure: the session of one account with a server: lines in, state and lines out; no socket, no clock, no DOM.
//
// A session outlives its connections. The owner of the socket calls opened(), received(line, now) and closed(), and
// after any call sends the lines that take() returns. The view reads the state (`conversations`, `outbox`, ...), and
// `takeEvents()` returns what happened since the last call, such as {type: "said", message}.
//
// The server answers in the order of the requests. So when the PONG to the PING arrives that was sent right after the
// sign-in, the server has announced its settings and our channels.

import { Acquaintances } from "./acquaintances.js";
import { Announced } from "./announced.js";
import { CatchUp } from "./catchup.js";
import { Conversations } from "./conversations.js";
import { newKey } from "./history.js";
import { Invitations } from "./invitations.js";
import { fold, format, formatTime, isChannel, isName, isSame, parse, parseTime } from "./line.js";
import { Outbox, goneSentence } from "./outbox.js";
import { ID_TAG, about, acts, isSaid, messageOf, replyTags, replyTo, said } from "./reading.js";
import { Batches, OFFLINE, Questions, codeOf, errorOf, isError, textOf } from "./replies.js";
import { SignIn } from "./signin.js";
import { linesOf, messages, roomBytes } from "./split.js";

export const PLAYBACK = "draft/event-playback"; // pages of history tell what was done in a channel, too
const TYPING_EVERY_MS = 3000; // Spec: IRCv3 typing
const EVENTS_MAX = 1000;

export class Session {
	constructor(run) {
		this.nick = "";
		this.ready = false;
		this.wasReady = false;
		this.now = 0;
		this.source = ""; // how the server writes us: nick!user@host
		this.announced = new Announced();
		this.signIn = new SignIn();
		this.conversations = new Conversations(this);
		this.outbox = new Outbox(run);
		this.acquaintances = new Acquaintances(this);
		this.catchUp = new CatchUp(this);
		this.batches = new Batches();
		this.questions = new Questions();
		this.invitations = new Invitations(this);
		this.blocked = new Set(); // folded nicks
		this.out = [];
		this.events = [];
		this.typed = { name: "", at: 0 };
		this.multilines = 0;
		this.unanswered = []; // requests to repeat on the next connection
	}

	// The side of the connection

	opened() {
		this.batches.clear();
		this.conversations.opened();
		this.announced = new Announced();
		this.out = [];
		this.signIn.opened();
		this.flushSignIn();
		if (this.signIn.atOnce) this.catchUp.early(this.wasReady);
	}

	received(text, now) {
		this.now = now;
		const message = parse(text);
		if (!message) return;
		this.acquaintances.heard(message, now);
		if (message.verb === "PING") {
			this.send("PONG", message.params);
			return;
		}
		if (!this.signIn.done) this.signingIn(message);
		const reply = this.batches.take(message);
		if (reply) this.#onReply(reply);
	}

	closed() {
		this.acquaintances.closed();
		this.signIn.closed();
		this.catchUp.closed();
		this.outbox.closed();
		this.questions.clear();
		this.out = [];
		this.ready = false;
	}

	/** Returns the lines to send now. */
	take() {
		if (this.ready) for (const entry of this.outbox.due()) this.#sendEntry(entry);
		return this.out.splice(0);
	}

	takeEvents() {
		return this.events.splice(0);
	}

	tell(type, fields) {
		if (this.events.length < EVENTS_MAX) this.events.push({ type, ...fields });
	}

	has(capability) {
		return this.signIn.enabled.has(capability);
	}

	get lobby() {
		return this.announced.lobby;
	}

	/** Takes what was kept of the account, to show it before there is a connection. */
	restore({ name, tokens, conversations, outbox, removed = [] }) {
		this.nick = name;
		this.invitations.restore(removed);
		this.announced.tokens = tokens;
		for (const { messages: page, ...fields } of conversations) {
			const found = Object.assign(this.conversations.begin(fields.name), fields);
			found.history.restore(page.map((each) => messageOf(each)));
		}
		for (const entry of outbox) this.outbox.add({ ...entry, key: newKey(), state: entry.state === "failed" ? "failed" : "waiting" });
	}

	// The side of the person

	submit(credentials) {
		this.signIn.submit(credentials);
		this.flushSignIn();
	}

	invited(code) {
		this.signIn.invited(code);
		this.flushSignIn();
	}

	/** Sends a text; returns a sentence that says why it cannot be sent, or an empty text. */
	say(name, text, { replyTo: id = "", action = false } = {}, now = this.now) {
		if (!isName(name)) return "Nobody has that name.";
		if (this.outbox.isFull) return "Not sent: too many messages wait for the server.";
		const [begin, end] = action ? ["\x01ACTION ", "\x01"] : ["", ""];
		const room = roomBytes(this.source, this.nick, name) - begin.length - end.length;
		const known = this.conversations.know(name);
		if (known?.gone) {
			known.gone = false;
			return `Not sent: ${goneSentence(name)} Send it again if you mean whoever has it.`;
		}
		const since = this.acquaintances.meet(known);
		messages(text, room, action ? null : this.signIn.multiline).forEach((lines, index) => {
			this.outbox.add(messageOf({
				conversation: name, sender: this.nick, own: true, time: now, action, replyTo: index ? "" : id, since,
				text: lines.map((line, at) => (at && !line.joined ? "\n" : "") + line.text).join(""),
				lines: lines.map((line) => ({ ...line, text: begin + line.text + end })),
			}));
		});
		this.typed = { name: "", at: 0 };
		return "";
	}

	/**
   * Sends a labelled request, and returns whether there is a connection. `what` it asks for, in words, for a refusal;
   * `quiet`: a refusal is not told; `early`: it is sent right behind the sign-in. `onReply(reply)` gets the answer; it is not
   * called if the connection ends first. Then a `lasting` request is sent again on the next connection, where it may be
   * refused because it is done already; of another with a `what`, somebody is told.
   */
	ask(verb, params, options = {}, onReply = () => {}) {
		const { tags = {}, what = "", quiet = false, early = false, lasting = false } = options;
		if (!this.ready && !early) {
			if (!quiet) this.tell("not-done", { what, text: OFFLINE });
			return false;
		}
		const label = this.questions.label((reply) => {
			if (!reply) return lasting ? this.unanswered.push([verb, params, { ...options, quiet: verb !== "EDIT" }, onReply]) : what && this.tell("not-done", { what, text: OFFLINE });
			const error = errorOf(reply);
			if (error && !quiet) this.tell("not-done", { what, text: textOf(error) });
			this.#tellNotices(reply, what);
			return onReply(reply);
		});
		this.send(verb, params, { label, ...tags });
		return true;
	}

	react(name, id, reaction, on) {
		const tags = { [on ? "+draft/react" : "+draft/unreact"]: reaction, ...replyTags(id) };
		return this.ask("TAGMSG", [name], { tags, what: "The reaction", lasting: true });
	}

	edit(name, id, text) {
		const tags = { "draft/target-msgid": id, "draft/edit-text": linesOf(text).join("\n") };
		return this.ask("EDIT", [name], { tags, what: "The correction", lasting: true }, (reply) => errorOf(reply) && this.tell("not-corrected", { name, id, text }));
	}

	redact(name, id, reason = "") {
		return this.ask("REDACT", [name, id, reason].filter(Boolean), { what: "Deleting the message", lasting: true });
	}

	/** Sends the read marker of a conversation, for all devices of the account, if there is something new. */
	read(name) {
		const found = this.conversations.get(name);
		const until = Math.max(found?.last ?? 0, found?.history.newest?.time ?? 0);
		if (!this.ready || !until || until <= (found.marker ?? 0)) return;
		if (this.has("draft/read-marker")) this.send("MARKREAD", [found.name, `timestamp=${formatTime(until)}`]);
		this.conversations.marked(found, until);
	}

	/** Tells a conversation that we are typing ("active"), or have stopped ("done"). */
	typing(name, state, now) {
		const isActive = state === "active";
		const isKnown = isActive ? this.typed.name === name && now - this.typed.at < TYPING_EVERY_MS : !this.typed.name;
		if (!this.ready || isKnown || this.conversations.get(name)?.gone) return;
		this.typed = { name: isActive ? name : "", at: now };
		this.ask("TAGMSG", [name], { tags: { "+typing": state }, quiet: true });
	}

	quit() {
		this.send("QUIT", ["Leaving"]);
	}

	// Sending

	send(verb, params, tags) {
		this.out.push(format(verb, params, tags));
	}

	flushSignIn() {
		for (const [verb, params] of this.signIn.out.splice(0)) this.send(verb, params);
		for (const { type, ...fields } of this.signIn.events.splice(0)) this.tell(type, fields);
	}

	#sendEntry(entry) {
		const label = this.questions.label((reply) => reply && this.#onEntryReply(entry, reply));
		const tags = { [ID_TAG]: entry.clientId, ...replyTags(entry.replyTo), ...this.acquaintances.tags(entry), label };
		const { conversation: name, lines } = entry;
		if (lines.length === 1) {
			this.send("PRIVMSG", [name, lines[0].text], tags);
			return;
		}
		this.multilines += 1;
		const batch = `m${this.multilines}`;
		this.send("BATCH", [`+${batch}`, "draft/multiline", name], tags);
		for (const { text, joined } of lines) {
			this.send("PRIVMSG", [name, text], { batch, ...(joined && { "draft/multiline-concat": "" }) });
		}
		this.send("BATCH", [`-${batch}`]);
	}

	/** Tells what the server says to a request, in one or several NOTICE. */
	#tellNotices(reply, what = "") {
		const lines = reply.messages.filter((line) => line.verb === "NOTICE" && !isSaid(line)).map(textOf);
		if (lines.length) this.tell("answer", { what, lines });
	}

	#onEntryReply({ conversation: name, clientId }, reply) {
		this.#tellNotices(reply);
		const error = errorOf(reply);
		if (error && codeOf(error) === "SERVER_STOPPING") return; // it is sent again on the next connection
		if (!error && !isChannel(name)) this.conversations.noteAway(name, reply.messages.some(({ verb }) => verb === "301"));
		if (!this.outbox.find(clientId)) return;
		const reason = error ? textOf(error) : "The server did not say that it is stored.";
		this.outbox.refused(clientId, reason);
		if (error && codeOf(error) === "OTHER_USER") this.acquaintances.refused(this.outbox.find(clientId));
		this.tell("not-sent", { target: name, text: this.outbox.find(clientId).text, reason });
	}

	/** Takes the echo of a message of ours. The message keeps its place in the view. */
	echoed(message) {
		const entry = message.own && message.clientId && this.outbox.drop(message.clientId);
		if (entry) message.key = entry.key;
	}

	// What the server says

	signingIn(message) {
		this.signIn.take(message);
		if (this.signIn.done) this.nick = message.params[0] || this.nick;
		this.flushSignIn();
	}

	onReady() {
		const again = this.wasReady;
		this.ready = this.wasReady = true;
		this.acquaintances.opened();
		for (const request of this.unanswered.splice(0)) this.ask(...request);
		const gone = this.conversations.settle();
		if (gone.length) this.tell("left", { channels: gone });
		this.tell("signed-in", { again });
		this.catchUp.start(again);
		this.invitations.ask();
	}

	#onReply(reply) {
		const onReply = this.questions.take(reply);
		if (reply.kind === "chathistory" && !onReply) reply.messages.filter(isSaid).forEach((line) => this.onSaid(line));
		else if (!["chathistory", "soju.im/search"].includes(reply.kind)) {
			for (const message of reply.messages) this.#onMessage(message, Boolean(onReply));
		}
		onReply?.(reply);
	}

	#onMessage(message, asked) {
		this.conversations.take(message, this.now);
		const handler = HANDLERS[message.verb];
		if (handler) handler(this, message, asked);
		else if (isError(message) && !asked && this.signIn.done && message.params[0] !== "MARKREAD") this.onNotice(message);
	}

	onNotice(message) {
		this.tell("notice", { text: textOf(message), early: !this.signIn.done });
	}

	onSaid(line) {
		if (!isSaid(line)) return line.params[1] && this.onNotice(line);
		const message = said(line, this.nick, this.now);
		if (message.own) this.source = line.source;
		const found = this.conversations.know(message.conversation);
		if (!found) return;
		this.acquaintances.meet(found, message.time);
		this.echoed(message);
		if (!found.history.add(message)) return;
		this.conversations.said(found, message);
		return this.tell("said", { message });
	}

	/** Adds what somebody did to the messages of a channel. */
	#eventIn(channel, message, sort, fields) {
		const time = parseTime(message.tags.time) ?? this.now;
		if (this.ready) this.conversations.get(channel)?.history.event(messageOf({ kind: "event", sort, time, ...fields }));
	}

	/** Adds a KICK, TOPIC or MODE to the messages of a channel. */
	onAct(line) {
		const found = this.ready && this.conversations.get(line.params[0] ?? "");
		if (!found) return;
		for (const act of acts(line, this, this.has(PLAYBACK))) {
			found.history.event(act);
			this.tell("acted", { channel: found.name, act });
		}
	}

	/** `asked`: here, and not on another device. */
	onJoin(message, asked) {
		const [channel = ""] = message.params;
		if (!isSame(message.nick, this.nick)) return this.#eventIn(channel, message, "moved", { nicks: [message.nick], left: [] });
		this.source = message.source;
		this.invitations.all.delete(fold(channel));
		const found = this.conversations.get(channel);
		if (!this.ready || !found) return;
		found.baseline = Math.max(found.baseline, parseTime(message.tags.time) ?? this.now);
		return this.tell("joined", { channel: found.name, asked });
	}

	onPart(message, asked) {
		const [channel = ""] = message.params;
		if (isSame(message.nick, this.nick)) this.tell("left", { channels: [channel], own: asked });
		else this.#eventIn(channel, message, "moved", { nicks: [], left: [message.nick] });
	}

	onKick(message) {
		const [channel = "", nick = "", why = ""] = message.params;
		const reason = isSame(why, message.nick) ? "" : why; // servers add the nick where there is no reason
		if (isSame(nick, this.nick)) this.tell("kicked", { channel, by: message.nick, reason });
		else this.onAct(message);
	}

	/** Takes another name of a channel (RENAME) or of a user (NICK). */
	onRename(message, old, name = "") {
		if (isSame(old, this.nick)) this.nick = name;
		this.outbox.renamed(old, name);
		if (isSame(this.catchUp.open, old)) this.catchUp.open = name;
		this.tell("renamed", { channel: old, name });
		if (isChannel(name)) this.#eventIn(name, message, "renamed", { by: message.nick, text: name });
	}

	onMarker({ params: [name = "", text = ""] }) {
		const found = this.conversations.get(name);
		if (!found) return;
		this.conversations.marked(found, parseTime(text.replace("timestamp=", "")));
		this.tell("marked", { name: found.name });
	}

	onInvite({ nick: by, tags, params: [who = "", channel = ""] }) {
		if (isSame(who, this.nick)) this.invitations.take(channel, by, parseTime(tags.time) ?? this.now);
		else this.tell("notice", { text: `${by} invited ${who} to ${channel}.` });
	}

	onUninvited(line) {
		this.onNotice(line);
		this.invitations.ask();
	}

	/** Calls `action(history, sender, conversation)` if a line is about a message of a conversation that we have. */
	remark(line, action) {
		const where = about(line, this.nick);
		const found = where && this.conversations.get(where.where);
		if (found) action(found.history, where.sender, found);
	}

	onTagmsg(line) {
		const on = "+draft/react" in line.tags;
		const text = line.tags[on ? "+draft/react" : "+draft/unreact"]?.slice(0, 64);
		if (text) this.remark(line, (history, sender) => history.react(replyTo(line), sender, text, on));
	}

	onRedact(line) {
		const [, id, reason] = line.params;
		this.remark(line, (history, sender, found) => {
			this.conversations.erase(found, id, sender, reason);
			this.tell("erased", { id });
		});
	}

	onSilence({ params: [change = ""] }) {
		const nick = fold(change.replace(/^[+-]/, "").replace(/!\*@\*$/, ""));
		if (change[0] === "-") this.blocked.delete(nick);
		else if (this.blocked.size < 500) this.blocked.add(nick);
		this.invitations.ask();
	}

	onError(message) {
		if (!this.signIn.ended(textOf(message))) this.tell("closing", { text: textOf(message) });
		this.flushSignIn();
	}
}

const HANDLERS = {
	PRIVMSG: (it, line) => it.onSaid(line),
	NOTICE: (it, line, asked) => asked && !isSaid(line) || it.onSaid(line),
	JOIN: (it, line, asked) => it.onJoin(line, asked),
	PART: (it, line, asked) => it.onPart(line, asked),
	KICK: (it, line) => it.onKick(line),
	MODE: (it, line) => it.onAct(line),
	TOPIC: (it, line) => it.onAct(line),
	QUIT: (it, line) => it.acquaintances.quit(line),
	RENAME: (it, line) => it.onRename(line, ...line.params),
	NICK: (it, line) => isName(line.params[0] ?? "") && it.onRename(line, line.nick, line.params[0]),
	MARKREAD: (it, line) => it.onMarker(line),
	INVITE: (it, line) => it.onInvite(line),
	TAGMSG: (it, line) => it.onTagmsg(line),
	EDIT: (it, line) => it.remark(line, (history) => history.edit(line.tags["draft/target-msgid"], line.tags["draft/edit-text"] ?? "")),
	REDACT: (it, line) => it.onRedact(line),
	SILENCE: (it, line) => it.onSilence(line),
	PONG: (it, { params }) => params[1] === "ready" && !it.ready && it.onReady(),
	"005": (it, { params }) => it.announced.take(params),
	653: (it, line) => it.onUninvited(line),
	465: (it, line) => it.signIn.done && (it.signIn.take(line), it.flushSignIn()),
	WARN: (it, line, asked) => asked || it.onNotice(line),
	NOTE: (it, line) => it.onNotice(line),
	ERROR: (it, line) => it.onError(line),
};
