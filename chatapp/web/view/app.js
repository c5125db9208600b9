// The page: it owns the session, the socket and what is shown, and draws at most once per animation frame.

import { fold, isChannel, isName, isSame } from "../line.js";
import { Notifier } from "../notify.js";
import { Session } from "../session.js";
import { Socket } from "../socket.js";
import { store } from "../store.js";
import { isMentioned, words } from "../text.js";
import { revokeTokens } from "./device.js";
import { isTouched } from "./dom.js";
import { Entrance } from "./entrance.js";
import { EVENTS } from "./happened.js";
import { Shell } from "./shell.js";

const SAVE_DELAY_MS = 1000;
const EDIT_MS = 24 * 3600 * 1000;
const NOT_REVOKED = "There is no connection, so the server does not know yet that this browser is signed out. It learns of it at the next connection.";
const NOT_LOADED = "This part of the page could not be loaded. Try again when there is a connection.";

export class App {
	/** `load` loads `later.js`. */
	constructor(root, load) {
		this.root = root;
		this.load = load;
		this.session = new Session(randomId());
		this.ui = { open: "", replyTo: null, editing: null, divider: null, panel: false, screen: "list" };
		this.expanded = new Set(); // keys of long messages that are shown whole
		this.commands = []; // the table of all commands
		this.ended = false; // the server has refused us for good
		this.notifier = new Notifier(this);
		this.socket = new Socket(`${location.origin.replace(/^http/, "ws")}/ws`, {
			opened: () => {
				this.do((session) => session.opened());
				revokeTokens(this);
			},
			line: (text) => this.do((session) => session.received(text, Date.now())),
			closed: () => this.do((session) => session.closed()),
		});
	}

	async start() {
		this.#listen();
		const code = new URLSearchParams(location.hash.slice(1)).get("invite") ?? "";
		const known = store.begin();
		if (known) {
			this.session.nick = known.name;
			const kept = await store.load(known.name);
			const { open } = store.settings();
			if (kept) this.session.restore(kept);
			if (open && !this.conversations.get(open)) this.conversations.begin(open); // joined just before the page was closed
			this.session.catchUp.open = open ?? ""; // its newest messages are asked for with the sign-in, before anything is drawn
			this.session.submit({ name: known.name, secret: known.token, kind: "token", known: known.known });
			this.socket.open();
			this.showShell();
			if (code) this.toast(`You are signed in as ${known.name}, so you do not need the invitation.`);
		} else {
			if (code) this.session.invited(code);
			this.#showEntrance(code);
			this.socket.open();
		}
	}

	#listen() {
		addEventListener("storage", () => this.check());
		document.addEventListener("visibilitychange", () => (document.hidden ? this.save() : this.#returned(true)));
		addEventListener("focus", () => this.#returned());
		addEventListener("pagehide", () => { this.shell?.composer.keep(); this.save(); });
		visualViewport.addEventListener("resize", () => this.#fit());
		addEventListener("keydown", (event) => this.shell?.onShortcut(event));
		addEventListener("focusin", ({ target }) => { this.focused = target; });
		addEventListener("pointerdown", () => { this.focused = null; });
		for (const type of ["online", "offline"]) addEventListener(type, () => this.draw());
		// What changes with time alone: the wait for the next attempt, and who is typing.
		setInterval(() => (!this.session.ready || this.found?.typing.size) && this.draw(), 1000);
	}

	/** Makes the page as high as what is seen of it: in Safari the on-screen keyboard covers the page. */
	#fit() {
		const { height, scale } = visualViewport;
		const isCovered = scale === 1 && height < innerHeight;
		document.documentElement.style.setProperty("--seen", isCovered ? `${height}px` : "100dvh");
		if (isCovered) scrollTo(0, 0);
	}

	/** Changes the session, tells what happened, sends what it wants to send, and draws. */
	do(change) {
		const result = change(this.session);
		for (const event of this.session.takeEvents()) EVENTS[event.type]?.(this, event);
		this.#flush();
		if (store.own) this.saving ||= setTimeout(() => this.save(), SAVE_DELAY_MS);
		if (document.hidden) this.notifier.title(); // no frames are drawn
		this.draw();
		return result;
	}

	/** Sends what the session wants to send. */
	#flush() {
		this.socket.send(this.session.take());
	}

	/** Sends a request (see Session.ask); returns whether there is a connection. */
	ask(...request) {
		return this.do((session) => session.ask(...request));
	}

	draw() {
		this.frame ||= requestAnimationFrame(() => {
			this.frame = 0;
			if (this.shell) {
				this.read();
				this.shell.render();
				this.#keepFocus();
				this.notifier.title();
				this.#flush();
			} else this.entrance.offline(this.ended ? "" : this.connectionWords());
		});
	}

	save() {
		clearTimeout(this.saving);
		this.saving = 0;
		if (store.stays) store.save(this.session);
	}

	// What is shown

	#showEntrance(code, error = "") {
		this.shell = null;
		this.entrance = new Entrance(this, code);
		this.root.replaceChildren(this.entrance.node);
		this.entrance.say(error);
		this.entrance.name.focus();
		this.draw();
	}

	showShell() {
		if (this.shell) return;
		this.entrance = null;
		this.shell = new Shell(this);
		this.root.replaceChildren(this.shell.node);
		const { open, screen = this.ui.screen } = store.settings();
		this.ui.screen = screen;
		this.openFirst(open);
		isTouched() || this.shell.focus();
	}

	/** Opens a conversation, or if we are not in it the lobby, or any channel; on a small screen the list stays in front. */
	openFirst(name = "") {
		const { conversations, lobby } = this.session;
		const found = conversations.get(name) ?? conversations.get(lobby) ?? conversations.channels[0];
		if (found) this.open(found.name, { quiet: true });
		else this.ui.open = "";
		this.draw();
	}

	get found() {
		return this.conversations.get(this.ui.open);
	}

	get conversations() {
		return this.session.conversations;
	}

	/** Opens a conversation; `quiet`: on a small screen, what is in front stays there. */
	open(name, { quiet = false } = {}) {
		const { session, ui } = this;
		const found = isName(name) && session.conversations.know(name);
		if (!found) {
			this.dialog("join", name);
			return;
		}
		if (!this.isShown(found.name)) {
			ui.divider = found.unread ? found.readUntil : null;
			if (found.unread) this.shell?.messages.missed(found.readUntil); // the list of conversations was over it
		}
		if (ui.open !== found.name) {
			// At once and not with the next frame: what somebody types or sends now belongs to this conversation.
			this.shell?.composer.keep();
			ui.open = found.name;
			this.expanded.clear();
			this.shell?.composer.begin(found.name);
		}
		if (!quiet) ui.screen = "chat";
		this.keepPlace();
		this.do(() => session.catchUp.show(found.name));
		if (!quiet) this.shell?.focus();
	}

	list(gone) {
		this.ui.screen = "list";
		this.ui.panel &&= !this.shell.isSmall; // it would lie over the list
		this.keepPlace();
		this.shell.focus(gone);
	}

	/** Remembers what is shown, for a reload and for the browser's Back. */
	keepPlace() {
		const { open, screen } = this.ui;
		store.keepSettings({ ...store.settings(), open, screen });
		this.back?.follow();
	}

	/** Opens another conversation, if this one was open. */
	close(name) {
		if (!isSame(name, this.ui.open)) return;
		this.openFirst();
		this.list(true);
	}

	/** Opens a dialog; these and the commands are loaded after the first messages. */
	async dialog(kind, ...words) {
		if (kind === "members") return this.shell.panel.toggle(true);
		const { dialogs } = await this.later();
		return dialogs ? dialogs[kind](this, ...words) : this.toast(NOT_LOADED);
	}

	/** Returns what `later.js` has; an empty object while it cannot be loaded. */
	async later() {
		this.loading ??= Promise.all([this.load(), fetch(`${this.root.dataset.assets}/commands.json`)]);
		try {
			const [loaded, answer] = await this.loading;
			if (!this.commands.length) this.commands = await answer.clone().json();
			this.back ??= new loaded.later.Back(this);
			return loaded.later;
		} catch {
			this.loading = null;
			return {};
		}
	}

	/** Shows a sentence (see Shell.toast). */
	toast(text, action = null, isLong = false) {
		if (this.shell) this.shell.toast(text, action, isLong);
		else this.entrance?.say(text);
	}

	connectionWords() {
		const { session, socket } = this;
		if (this.ended) return "You are not connected.";
		if (!this.shell && !socket.isOpen && store.revoked().length) return NOT_REVOKED;
		if (session.ready) return session.catchUp.active && session.catchUp.again ? "Fetching what you missed…" : "";
		if (navigator.onLine === false) return "You are offline. This is what was here before.";
		const seconds = Math.ceil((socket.retryAt - Date.now()) / 1000);
		if (!socket.isOpen && socket.failures) return seconds > 1 ? `No connection. The next attempt is in ${seconds} s.` : "No connection. Trying again…";
		return this.shell || !socket.isOpen ? "Connecting…" : "";
	}

	// What somebody does

	enter(credentials, stay) {
		this.wantsToStay = stay;
		this.ended = false;
		this.socket.open();
		this.do((session) => session.submit(credentials));
	}

	/** Begins again, because the server no longer accepts us. */
	async refuse(text) {
		const { nick } = this.session;
		const clear = store.leave();
		this.notifier.closeAll();
		this.socket.close();
		await clear();
		this.session = new Session(randomId());
		Object.assign(this.ui, { open: "", replyTo: null, editing: null, panel: false });
		if (!this.ended) this.socket.open();
		this.#showEntrance("", text);
		this.entrance.name.value = nick;
	}

	join(channel) {
		this.ask("JOIN", [channel], { what: `Joining ${channel}` });
	}

	/** Sends what was typed, or does it if it is a command; returns a sentence if that cannot be done. */
	async send(text) {
		const { ui, session, found } = this;
		if (!found) return "Choose a conversation first.";
		if (ui.editing) {
			if (!this.do(() => session.ready && session.edit(ui.open, ui.editing.id, text))) return this.connectionWords();
			ui.editing = null;
			return "";
		}
		if (/^\/[^\s/]/.test(text)) {
			const { find, run } = await this.later();
			if (!run) return NOT_LOADED;
			return this.do(() => run(find(text, this.commands), { session, ui: this.#forCommands, name: ui.open }));
		}
		const refused = this.do(() => session.say(ui.open, text.replace(/^\/\//, "/"), { replyTo: ui.replyTo?.id }, Date.now()));
		if (refused) return refused;
		Object.assign(ui, { replyTo: null, divider: null });
		this.shell.messages.toEnd();
		return "";
	}

	/** What commands may do with the view, after the command itself. */
	get #forCommands() {
		const later = (action) => (...words) => queueMicrotask(() => action(...words));
		return {
			now: Date.now,
			open: later((name) => this.open(name)),
			dialog: later((kind, argument) => this.dialog(kind, argument)),
			older: later(() => this.more("before")),
			list: later(() => this.list()),
			invitations: later(() => {
				this.shell.sidebar.folded.open = true;
				this.list();
			}),
		};
	}

	react(message, text, on) {
		this.do((session) => session.react(this.ui.open, message.id, text, on));
	}

	/** Does what a tool of a message is for. */
	act(action, message, emoji) {
		if (action === "react") this.react(message, emoji, true);
		else if (action === "pick") this.dialog("emoji", (text) => this.react(message, text, true));
		else if (action === "delete") this.dialog("deletion", message);
		else this.compose(action === "edit" ? { editing: message } : { replyTo: message });
	}

	/** Tells whether a tool of a message is shown. The server judges; this only hides what cannot succeed. */
	may(action, message) {
		const { session, found } = this;
		if (action === "edit") return message.own && session.has("draft/message-edit") && Date.now() - message.time < EDIT_MS;
		if (action === "delete") return session.has("draft/message-redaction") && (message.own || this.mayOrder(found));
		return true;
	}

	/** Tells whether we keep order in a channel. */
	mayOrder(found) {
		return Boolean(found?.isChannel) && /[~&@%]/.test(this.conversations.prefixes(found.name, this.session.nick));
	}

	/** Begins a reply to a message (`replyTo`), or its correction (`editing`). */
	compose({ replyTo = null, editing = null }, text = editing?.text) {
		const { composer } = this.shell;
		if (this.ui.editing) composer.cancel(); // the field has the draft again
		if (editing) composer.keep();
		Object.assign(this.ui, { replyTo, editing });
		if (editing) composer.set(text);
		composer.render(); // before the focus is there, so that a screen reader says what is written about
		composer.focus();
		this.draw();
	}

	editLast() {
		const last = this.found?.history.messages.findLast((each) => each.kind === "said" && each.own && each.id && !each.deleted && !each.action);
		if (last && this.may("edit", last)) this.compose({ editing: last });
	}

	typing(state) {
		if (this.ui.editing) return;
		this.session.typing(this.ui.open, state, Date.now());
		this.#flush();
	}

	more(side) {
		if (this.found) this.do((session) => session.catchUp.more(this.found, side));
	}

	/** Shows a message where it was said. */
	jump({ id, time, conversation }) {
		this.ui.screen = "chat";
		this.open(conversation, { quiet: true });
		const { found, shell } = this;
		if (!found) return;
		shell.messages.wanted = id;
		if (found.history.byId.has(id)) this.draw();
		else this.do((session) => session.catchUp.around(found, time));
	}

	expand(message) {
		this.expanded.add(message.key);
		this.draw();
	}

	/** Gives the focus to the open dialog, or else to what is shown, if what had the focus was removed. */
	#keepFocus() {
		if (this.focused?.isConnected !== false || document.activeElement !== document.body) return;
		this.focused = null;
		(document.querySelector("dialog[open] button") ?? this.shell?.messages.current ?? this.shell)?.focus();
	}

	focusComposer() {
		this.shell?.composer.focus();
	}

	// What the view asks

	isMe(name) {
		return isSame(name.replace(/^@/, ""), this.session.nick);
	}

	isMentioned(text) {
		return isMentioned(text, this.session.nick);
	}

	/** Tells whether a word of a text is shown as the name of somebody, or of a channel that we are in. */
	isName(word) {
		const name = word.replace(/^@/, "");
		if (isChannel(word) || word === name) return this.isMe(word) || (isChannel(word) && this.conversations.all.has(fold(word)));
		return this.isMe(name) || Boolean(this.found?.members.has(fold(name)) || this.conversations.get(name));
	}

	typingWords() {
		const { conversations, found } = this;
		if (this.session.blocked.has(fold(found.name))) return `You block ${found.name}, and get no messages from them.`;
		const nicks = conversations.typists(found.name, Date.now());
		if (nicks.length > 3) return "Several people are typing…";
		if (nicks.length) return `${nicks.join(" and ")} ${nicks.length === 1 ? "is" : "are"} typing…`;
		if (found.isChannel || !conversations.isAway(found.name)) return "";
		const text = conversations.awayWords(found.name);
		const why = text && ` (${words(text)})`;
		return `${found.name} is away${why} and will get what you write later.`;
	}

	/** Begins again, if the account has been signed out in another tab. */
	async check() {
		if (!(await store.isGone())) return;
		this.notifier.closeAll();
		location.reload();
	}

	// Reading

	/** Tells whether a conversation is shown: on a small screen, the list may be in front of it. */
	isShown(name) {
		return isSame(name, this.ui.open) && (!this.shell?.isSmall || this.ui.screen === "chat");
	}

	/** Tells whether somebody looks at a conversation now. */
	isWatching(name) {
		return this.isShown(name) && !document.hidden && document.hasFocus();
	}

	/** Moves the read marker, if the newest message of the open conversation is in view, and all is known. */
	read() {
		const { found } = this;
		const { name, sticks } = this.shell.messages; // of what is drawn
		const { loaded, behind } = found?.history ?? {};
		if (sticks && loaded && !behind && found.name === name && this.isWatching(name)) this.session.read(name);
	}

	/** Marks where the new messages begin, when somebody looks again; a page that was hidden shows that place. */
	#returned(wasHidden) {
		const { found, ui } = this;
		this.check();
		if (found?.unread && wasHidden) this.shell?.messages.missed(found.readUntil);
		else if (found?.unread) ui.divider ??= found.readUntil;
		this.draw();
	}
}

function randomId() {
	const bytes = crypto.getRandomValues(new Uint8Array(9));
	return `w${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
