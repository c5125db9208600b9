// The composer: it grows, completes names, channels, emoji and commands, and keeps drafts.

import { words } from "../text.js";
import { store } from "../store.js";
import { bdi, h, icon, iconButton, isTouched, setText } from "./dom.js";

const SUGGESTIONS_MAX = 8;
const DRAFT_DELAY_MS = 300;

export class Composer {
	constructor(app) {
		this.app = app;
		this.name = "";
		this.begun = new Map(); // name of a conversation -> the reply or edit that was begun in it
		this.suggestions = [];
		this.chosen = 0;
		this.timer = 0;
		this.context = h("div.context", { hidden: true });
		this.popup = h("ul.suggestions", { role: "listbox", id: "suggestions", "aria-label": "Suggestions", hidden: true });
		this.text = h("textarea", {
			rows: "1", dir: "auto", enterkeyhint: isTouched() ? "enter" : "send", autocapitalize: "sentences", maxlength: "200000",
			"aria-describedby": "about", "aria-autocomplete": "list", "aria-haspopup": "listbox",
			oninput: () => this.#onInput(), onkeydown: (event) => this.#onKey(event), onblur: () => this.close(),
			onfocus: () => { app.read(); app.shell.messages.hideTools(); },
		});
		this.sendButton = h("button.icon-button.send", { type: "submit", "aria-label": "Send", title: "Send" }, icon("send"));
		const box = h("div.box", iconButton("smile", "Insert an emoji", () => app.dialog("emoji", (text) => this.insert(text))), this.text, this.sendButton);
		this.status = h("p.typing", { "aria-live": "off" });
		this.node = h("form.composer", { onsubmit: (event) => this.submit(event) }, this.popup, this.context, box, this.status);
	}

	render() {
		const { app } = this;
		const { open, replyTo, editing } = app.ui;
		const about = editing ?? replyTo;
		this.text.setAttribute("aria-label", `Message to ${open}`);
		this.text.placeholder = `Message ${open}`;
		this.context.hidden = !about;
		if (about !== this.about) {
			this.about = about;
			if (!about) this.context.replaceChildren();
			else {
				const what = editing ? h("strong", "Editing your message") : [h("strong", "Reply to ", bdi(about.sender)), " ", h("span", { dir: "auto" }, words(about.text, 100))];
				this.context.replaceChildren(h("span", { id: "about" }, what), iconButton("close", editing ? "Stop editing" : "Do not reply", () => this.cancel()));
			}
		}
		if (this.isNew) this.#grow(); // only now it is certainly shown, and has a height
		this.isNew = false;
		setText(this.status, this.app.typingWords());
	}

	/** Begins with the draft of a conversation, or goes on with what was begun there: a reply, or an edit. */
	begin(name) {
		const { ui } = this.app;
		this.begun.set(this.name, { replyTo: ui.replyTo, editing: ui.editing, text: this.text.value });
		const { replyTo, editing, text } = this.begun.get(name) ?? {};
		Object.assign(ui, { replyTo, editing });
		this.name = name;
		this.isNew = true;
		this.kept = store.draft(name);
		this.set(editing ? text : this.kept);
	}

	/** Tells whether nothing is typed, in this conversation. */
	isFree(name) {
		return name === this.name && !this.text.value && !this.app.ui.editing;
	}

	/** The conversation has another name; what is typed stays. */
	rename(name) {
		store.keepDraft(this.name, "");
		this.name = name;
		this.kept = "";
		this.keep();
	}

	set(text) {
		this.text.value = text;
		this.#grow();
		this.close();
	}

	insert(text) {
		this.text.focus();
		this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
		this.#onInput();
	}

	focus() {
		this.text.focus();
	}

	/** Notes whether there is a text, and makes the field as high as it, where the browser does not do that (style.css). */
	#grow() {
		this.node.classList.toggle("empty", !this.text.value.trim());
		if (CSS.supports("field-sizing", "content")) return;
		this.text.style.height = "auto";
		this.text.style.height = `${this.text.scrollHeight + 2}px`;
	}

	/** Scrolls the messages by most of a screen. */
	#scroll(direction) {
		const { scroller } = this.app.shell.messages;
		scroller.scrollBy({ top: direction * 0.8 * scroller.clientHeight });
	}

	/** Keeps the draft if it has changed here: a tab that only shows it does not undo what another tab has kept since. */
	keep() {
		clearTimeout(this.timer);
		this.timer = 0;
		const { value } = this.text;
		if (this.name && !this.app.ui.editing && value !== this.kept) store.keepDraft(this.name, this.kept = value);
	}

	#onInput() {
		this.#grow();
		this.#suggest();
		if (!this.timer) this.timer = setTimeout(() => this.keep(), DRAFT_DELAY_MS);
		const { value } = this.text;
		if (value.trim() && !/^\/(?!\/)/.test(value)) this.app.typing("active");
		else this.app.typing("done");
	}

	async submit(event) {
		event?.preventDefault();
		const { value } = this.text;
		if (!value.trim()) return;
		const { replaceNames } = /:\w+:/.test(value) ? await this.app.later() : {}; // missing: it is sent as it is
		const wasEditing = this.app.ui.editing;
		this.set("");
		this.focus(); // first, as a command may move the focus
		const refused = await this.app.send(replaceNames ? replaceNames(value) : value);
		if (refused) {
			this.app.toast(refused);
			if (!this.text.value) this.set(value);
		} else if (wasEditing) this.set(store.draft(this.name));
		this.keep();
	}

	cancel() {
		const wasEditing = this.app.ui.editing;
		this.app.ui.replyTo = this.app.ui.editing = null;
		if (wasEditing) this.set(store.draft(this.name));
		this.focus();
		this.app.draw();
	}

	#onKey(event) {
		if (event.isComposing || event.altKey) return;
		const { key } = event;
		if (!this.popup.hidden && this.#onSuggestionKey(event)) return;
		// An on-screen keyboard has no Shift with Enter, so there Enter makes a new line. The button beside it sends.
		if (key === "Enter" && !event.shiftKey && (event.ctrlKey || event.metaKey || !isTouched())) {
			event.preventDefault();
			this.submit();
		} else if (key === "Escape") this.about ? this.cancel() : this.app.shell.messages.enter();
		else if (key === "ArrowUp" && !this.text.value) {
			event.preventDefault();
			this.app.editLast();
		} else if (key === "Tab" && !event.shiftKey && this.#wordBefore()) {
			event.preventDefault();
			this.#suggest(true).then(() => this.suggestions.length === 1 && this.take(0));
		} else if (key === "PageUp") this.#scroll(-1);
		else if (key === "PageDown") this.#scroll(1);
	}

	// Suggestions

	#wordBefore() {
		return /\S*$/.exec(this.text.value.slice(0, this.text.selectionStart))[0];
	}

	async #suggest(asked = false) {
		this.later = await this.app.later();
		if (!this.later.matching) return;
		const word = this.#wordBefore();
		const isFirst = this.text.selectionStart === word.length;
		this.suggestions = this.find(word, isFirst, asked).slice(0, SUGGESTIONS_MAX);
		this.chosen = 0;
		this.show();
	}

	find(word, isFirst, asked) {
		const { app } = this;
		const typed = word.slice(1).toLowerCase();
		const after = isFirst ? ": " : " ";
		if (word[0] === "/" && isFirst) {
			const rows = app.commands.filter((row) => !row.terminal && row.names.some((name) => name.startsWith(typed)));
			return rows.map((row) => ({ text: `/${row.names[0]} `, label: `/${row.names[0]} ${row.arguments}`, help: row.help }));
		}
		if (word[0] === "#") {
			return app.session.conversations.channels.filter((each) => each.key.slice(1).startsWith(typed)).map((each) => ({ text: `${each.name} `, label: each.name }));
		}
		if (word[0] === ":" && typed.length > 1) return this.later.matching(typed).map(([name, emoji]) => ({ text: `${emoji} `, label: `${emoji} ${name}` }));
		const name = word[0] === "@" ? typed : asked ? word.toLowerCase() : "";
		if (word[0] !== "@" && !name) return [];
		return this.#names().filter((each) => each.toLowerCase().startsWith(name)).map((each) => (
			{ text: word[0] === "@" ? `@${each} ` : each + after, label: each, help: app.session.conversations.isAway(each) ? "away" : "" }));
	}

	/** The names that are completed: those who spoke last come first. */
	#names() {
		const { found, conversations } = this.app;
		const spoke = found.history.messages.filter((each) => each.sender).slice(-100).reverse().map((each) => each.sender);
		const members = found.isChannel ? [...found.members.values()].map((each) => each.nick).sort() : conversations.people.map((each) => each.name);
		return [...new Set([...spoke, ...members])].filter((nick) => !this.app.isMe(nick));
	}

	show() {
		const isOpen = this.suggestions.length > 0;
		this.popup.hidden = !isOpen;
		if (!isOpen) {
			this.text.removeAttribute("aria-activedescendant");
			return;
		}
		this.popup.replaceChildren(...this.suggestions.map((each, at) => h(
			"li",
			{
				role: "option", id: `suggestion-${at}`, "aria-selected": String(at === this.chosen),
				// Only the click takes it: if it left before that, a tap would click what is beneath.
				onmousedown: (event) => event.preventDefault(), onclick: () => this.take(at),
			},
			h("span.suggestion", bdi(each.label)), each.help ? h("span.help", each.help) : null,
		)));
		this.text.setAttribute("aria-activedescendant", `suggestion-${this.chosen}`);
		this.popup.children[this.chosen].scrollIntoView({ block: "nearest" });
	}

	close() {
		this.suggestions = [];
		this.show();
	}

	take(at) {
		const word = this.#wordBefore();
		const end = this.text.selectionStart;
		this.text.setRangeText(this.suggestions[at].text, end - word.length, end, "end");
		this.close();
		this.#onInput();
		this.close();
	}

	/** Takes a key while suggestions are shown; returns whether the key was for them. */
	#onSuggestionKey(event) {
		const { key } = event;
		const move = { ArrowDown: 1, ArrowUp: -1 }[key];
		const word = this.#wordBefore();
		if (move) {
			this.chosen = (this.chosen + move + this.suggestions.length) % this.suggestions.length;
			this.show();
		} else if (key === "Tab" || (key === "Enter" && this.suggestions[this.chosen].text.trim() !== word)) this.take(this.chosen);
		else if (key === "Escape") this.close();
		else return false;
		event.preventDefault();
		return true;
	}
}

