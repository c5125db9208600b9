// The frame of the page when signed in: the list of conversations, the open conversation, and the panel beside it.

import { words } from "../text.js";
import { Composer } from "./composer.js";
import { bdi, button, h, icon, iconButton, isStale, isTouched, newToasts, setText, toastsInFront } from "./dom.js";
import { Messages } from "./messages.js";
import { Panel } from "./panel.js";
import { Sidebar } from "./sidebar.js";

const TOAST_MS = 7000;
const LONG_TOAST_MS = 30000;
const ANNOUNCED_MAX = 5;
const TOASTS_MAX = 4;
// Control K is the search of some browsers, which let a page have it.
const SHORTCUTS = {
	"control k": ({ app }) => app.dialog("go"),
	"control shift f": ({ app }) => app.dialog("search"),
	"alt arrowup": ({ sidebar }) => sidebar.move(-1),
	"alt arrowdown": ({ sidebar }) => sidebar.move(1),
};
const SMALL = "(max-width: 720px)";

export class Shell {
	constructor(app) {
		this.app = app;
		this.sidebar = new Sidebar(app);
		this.messages = new Messages(app);
		this.composer = new Composer(app);
		this.panel = new Panel(app);
		this.title = h("h2.title", { tabIndex: -1 });
		this.topic = h("button.topic", { onclick: () => app.dialog("channel", app.ui.open) });
		this.members = h("button.icon-button.members", { onclick: () => this.panel.toggle() });
		this.settings = iconButton("settings", "Settings of the channel", () => app.dialog("channel", app.ui.open));
		this.person = iconButton("person", "Who is this", () => app.dialog("person", app.ui.open));
		this.offline = h("p.offline");
		this.connection = "";
		const head = h("header.chat-head",
			iconButton("back", "All conversations", () => app.list(), ".back"),
			h("div.titles", this.title, this.topic),
			iconButton("search", "Search messages", () => app.dialog("search"), ".small-only"),
			this.person, this.members, this.settings,
		);
		this.chat = h("section.chat", { "aria-label": "Conversation" }, head, this.offline, this.messages.node, this.composer.node);
		const beside = (event) => this.panel.covers && !event.composedPath().includes(this.members) && this.panel.toggle(false);
		for (const type of ["click", "focusin"]) this.chat.addEventListener(type, beside);
		this.live = h("div.sr", { role: "log", "aria-live": "polite", "aria-label": "New messages" });
		this.node = h("main.shell", h("h1.sr", "Chat"), this.sidebar.node, this.chat, this.panel.node, newToasts(), this.live);
		this.small = matchMedia(SMALL);
		this.small.addEventListener("change", () => app.draw());
	}

	get isSmall() {
		return this.small.matches;
	}

	render() {
		const { app } = this;
		const { found, ui } = app;
		this.node.dataset.screen = ui.screen;
		this.node.classList.toggle("with-panel", ui.panel && Boolean(found?.isChannel));
		this.sidebar.render();
		this.head(found);
		const text = app.connectionWords();
		setText(this.offline, text);
		this.offline.hidden = !text;
		const [connection] = text.split("."); // without the seconds
		if (connection && connection !== this.connection) this.announce(connection);
		this.connection = connection;
		this.composer.node.hidden = !found;
		if (found) this.composer.render();
		this.messages.render();
		this.panel.render();
	}

	/**
	 * Shows the list or the conversation at once, with the focus in it: a small screen hides what had the focus. The
	 * composer does not get it if that opens an on-screen keyboard.
	 * `gone`: the conversation that was shown is gone, and what somebody still types is not for another one.
	 */
	focus(gone) {
		this.render();
		if (this.isSmall && this.app.ui.screen === "list") this.sidebar.node.querySelector(".row:not([tabindex='-1'])")?.focus();
		else (gone || isTouched() ? this.title : this.composer).focus();
	}

	head(found) {
		const name = found?.name ?? "";
		const topic = found?.isChannel ? words(found.topic, 300) : "";
		const members = found?.isChannel ? found.members.size : 0;
		if (!isStale(this.title, name, topic, members, this.app.ui.panel)) return;
		this.title.replaceChildren(bdi(name || "Chat"));
		this.topic.replaceChildren(h("span", { dir: "auto" }, topic));
		this.topic.hidden = !topic;
		this.topic.setAttribute("aria-label", `Topic: ${topic}`);
		this.members.hidden = this.settings.hidden = !found?.isChannel;
		this.person.hidden = !found || found.isChannel;
		this.members.replaceChildren(icon("people"), h("span.number", String(members)));
		this.members.setAttribute("aria-label", `${members} members`);
		this.members.title = "Members";
		this.members.setAttribute("aria-expanded", String(this.app.ui.panel));
	}

	/** Does what a key is for that works everywhere but in a dialog. */
	onShortcut(event) {
		const { altKey, ctrlKey, metaKey, shiftKey, key = "" } = event;
		const action = SHORTCUTS[[(ctrlKey || metaKey) && "control", altKey && "alt", shiftKey && "shift", key.toLowerCase()].filter(Boolean).join(" ")];
		if (!action || document.querySelector("dialog[open]")) return;
		event.preventDefault();
		action(this);
	}

	/** Shows a sentence for some seconds; `isLong`: for more of them. It stays while somebody is at it, or looks elsewhere. */
	toast(text, action, isLong) {
		const toasts = toastsInFront();
		const close = () => {
			const hadFocus = node.contains(document.activeElement);
			node.remove();
			if (hadFocus) this.focus();
		};
		const leave = () => (document.hidden || node.matches(":focus-within") ? setTimeout(leave, TOAST_MS) : node.remove());
		const node = h("div.toast",
			h("span", { dir: "auto" }, words(text, 400)),
			action ? button(action.label, () => { close(); action.run(); }, ".button.small") : null,
			iconButton("close", "Close", close),
		);
		toasts.append(node);
		if (toasts.children.length > TOASTS_MAX) toasts.querySelector(".toast:not(:focus-within)").remove();
		setTimeout(leave, isLong ? LONG_TOAST_MS : TOAST_MS);
	}

	/** Says a sentence to screen readers. */
	announce(text) {
		this.live.append(h("p", { dir: "auto" }, text));
		while (this.live.children.length > ANNOUNCED_MAX) this.live.firstChild.remove();
	}
}
