// The list of messages: days, the line before new messages, scrolling that keeps its place, and the tools of a message.

import { dayKey, dayName, h, iconButton, isStale, reconcile, rove, stopAt } from "./dom.js";
import { fill } from "./message.js";

const GROUP_MS = 5 * 60000; // messages of one person within this time share their head
const NEAR_PX = 700; // so near to an end of the list, the next page is asked for
const END_PX = 1; // browsers round heights, and not what is scrolled
const FIRST_ROWS = 20; // what is on the screen is drawn first, and the rest of a list with the next frame
const QUICK = ["👍", "❤️", "😂"];
const TOOL = ".tools button:not([hidden])";

export class Messages {
	constructor(app) {
		this.app = app;
		this.name = "";
		this.sticks = true; // the newest message stays in view
		this.top = this.end = 0; // how far the list was scrolled, and how far it could be
		this.filled = null; // the oldest message when fillUp() asked
		this.wanted = null; // {id} of a message to scroll to
		this.list = h("ol.messages", { role: "list", "aria-label": "Messages", tabIndex: 0 });
		this.more = h("p.loading", { role: "status" });
		this.down = iconButton("down", "To the newest messages", () => this.toEnd(), ".to-end");
		this.scroller = h("div.scroller", this.more, this.list);
		this.node = h("div.history", this.scroller, this.down);
		this.tools = this.#makeTools();
		this.scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
		this.current = null; // the message that has the focus; only its links and buttons are stops of Tab
		rove(this.list, "li.message");
		this.list.addEventListener("keydown", ({ key }) => key === "Escape" && app.focusComposer());
		this.list.addEventListener("focusin", ({ target }) => (target === this.list ? this.list.matches(":focus-visible") && this.enter() : this.#reach(target)));
		this.list.addEventListener("focusout", ({ relatedTarget }) => this.list.contains(relatedTarget) || this.#reach(null));
		for (const type of ["pointerover", "focusin", "click"]) this.list.addEventListener(type, (event) => this.#showTools(event));
		// A finger leaves before its touch is a click: the tools stay for it.
		this.node.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.hideTools());
		new ResizeObserver(() => this.sticks && this.#scrollToEnd()).observe(this.scroller);
	}

	/** Draws the messages of the open conversation. */
	render() {
		const { app } = this;
		const { found } = app;
		const anchor = this.name === app.ui.open ? this.#anchor() : null;
		if (found) found.history.seen = anchor?.node.message.time; // none: the end is in view
		const all = found ? this.rows(found) : [];
		const opened = this.name !== app.ui.open;
		this.begins = !this.list.children.length && all.length > FIRST_ROWS && !this.wanted;
		if (opened) {
			this.name = app.ui.open;
			this.sticks = !this.wanted;
			this.tools.remove();
		}
		reconcile(this.list, this.begins ? all.slice(-FIRST_ROWS) : all, {
			key: (row) => row.key,
			make: (row) => h("li", { tabIndex: -1, class: row.class ?? "", "data-key": row.key }, row.text ? h("span", row.text) : null),
			update: (node, row) => this.update(node, row),
		});
		this.list.setAttribute("aria-label", `Messages in ${app.ui.open}`);
		const { loading = "", messages = [] } = found?.history ?? {};
		const text = !found ? "" : loading && (loading === "before" || !messages.length) ? "Loading…" : this.#beginning(found);
		if (this.more.textContent !== text) this.more.textContent = text;
		this.#place(anchor, opened && !this.begins);
		if (this.begins) this.name = "";
		if (opened || this.begins) app.draw(); // only now it is known whether the end is in view, which app.read() marks
		if (found && !this.begins) {
			this.settle();
			this.#fillUp(found.history);
		}
		this.down.hidden = this.sticks && (found?.history.atEnd ?? true);
	}

	/** Notes after which time (ms) messages were missed, or came while the list was not seen. If the end was in view, the list is opened again, where they begin. */
	missed(since) {
		const { ui } = this.app;
		if (this.sticks) [this.name, ui.divider] = ["", null];
		ui.divider ??= since;
	}

	#beginning(found) {
		if (!found || !found.history.atStart) return "";
		return found.isChannel ? `This is the beginning of ${found.name}.` : `This is the beginning of your conversation with ${found.name}.`;
	}

	/** Returns the rows of a conversation: days, the line before new messages, messages, and those of ours on the way. */
	rows(found) {
		const rows = [];
		let before = null;
		let isNew = false;
		const { divider } = this.app.ui; // the time (ms) before what is new; null, and 0 if nothing is old: no line
		for (const message of [...found.history.messages, ...this.app.session.outbox.of(found.name)]) {
			const day = dayKey(message.time);
			const otherDay = !before || dayKey(before.time) !== day;
			if (otherDay) rows.push({ key: `day ${day}`, class: "day", text: dayName(message.time) });
			const begins = !isNew && divider && message.time > divider && !message.own && (message.kind === "said" || message.id);
			isNew ||= begins;
			if (begins && (before || !found.history.atStart)) rows.push({ key: "new", class: "new", text: "New messages" });
			const grouped = !otherDay && !begins && isGrouped(before, message);
			rows.push({ key: message.key, message, grouped });
			before = message;
		}
		return rows;
	}

	update(node, row) {
		const { message } = row;
		if (!message) return;
		const about = message.replyTo ? (this.app.found.history.byId.get(message.replyTo)?.rev ?? "?") : "";
		const expanded = this.app.expanded.has(message.key);
		if (!isStale(node, message.rev, row.grouped, message.state, message.id, about, expanded, message.state && this.app.session.ready)) return;
		node.message = message;
		fill(node, message, { app: this.app, grouped: row.grouped });
		if (node !== this.current) tabStops(node, -1);
		if (message.deleted && node === this.tools.parentNode) this.#leaveTools();
	}

	// Scrolling

	/** Returns the first message in view, and where it is. */
	#anchor() {
		if (this.sticks) return null;
		const top = this.scroller.scrollTop;
		const found = [...this.list.children].find((each) => each.message && each.offsetTop + each.offsetHeight > top);
		return found ? { node: found, offset: found.offsetTop - top } : null;
	}

	#place(anchor, opened) {
		const target = this.wanted && [...this.list.children].find((each) => each.message?.id === this.wanted);
		if (target) {
			this.wanted = null;
			this.sticks = false;
			this.scroller.scrollTop = target.offsetTop - this.scroller.clientHeight / 3;
			target.classList.add("found");
			target.focus({ preventScroll: true });
			setTimeout(() => target.classList.remove("found"), 2500);
			return;
		}
		if (opened) {
			const line = this.list.known?.get("new");
			if (line && this.list.offsetHeight - line.offsetTop > this.scroller.clientHeight) {
				this.sticks = false;
				this.scroller.scrollTop = line.offsetTop - 60;
				return;
			}
		}
		if (this.sticks) this.#scrollToEnd();
		else if (anchor?.node.isConnected) this.scroller.scrollTop = anchor.node.offsetTop - anchor.offset;
	}

	/** Asks for the page before, if a list is too short to be scrolled to where it is asked for. */
	#fillUp({ loaded, loading, atStart, oldest }) {
		if (!loaded || loading || atStart || this.filled === oldest || this.scroller.scrollHeight > this.scroller.clientHeight + NEAR_PX) return;
		this.filled = oldest;
		this.app.more("before");
	}

	#scrollToEnd() {
		this.scroller.scrollTop = this.scroller.scrollHeight;
	}

	/**
	 * Notes where the list is scrolled to; returns how far its end is. At the end the newest message stays in view. It no
	 * longer does once somebody has scrolled up, however little; but a list that became shorter has moved by itself.
	 */
	settle() {
		const { scrollTop, scrollHeight, clientHeight } = this.scroller;
		const end = scrollHeight - clientHeight;
		const top = Math.min(scrollTop, end); // Safari lets a list be pulled beyond its end
		if (top < this.top && end >= this.end) this.sticks = false;
		else if (end - top <= END_PX) this.sticks = this.app.found.history.atEnd;
		Object.assign(this, { top, end });
		return end - top;
	}

	#onScroll() {
		this.#placeTools();
		if (!this.app.found || this.begins) return;
		const { sticks } = this;
		const below = this.settle();
		if (this.sticks !== sticks) this.app.draw();
		if (this.top < NEAR_PX) this.app.more("before");
		else if (below < NEAR_PX) this.app.more("after");
	}

	toEnd() {
		const { app } = this;
		this.sticks = true;
		this.#scrollToEnd();
		app.do((session) => app.found.history.atEnd || session.catchUp.toEnd(app.found));
	}

	// The focus

	/** Focuses the last message in view. */
	enter() {
		const bottom = this.scroller.scrollTop + this.scroller.clientHeight;
		[...this.list.querySelectorAll("li.message")].findLast((each) => each.offsetTop < bottom - END_PX)?.focus({ preventScroll: true });
	}

	/** Takes the focus to the message around an element, or away. */
	#reach(element) {
		if (this.current) tabStops(this.current, -1);
		this.current = element && element.closest("li.message");
		if (this.current) tabStops(this.current, 0);
		this.list.tabIndex = this.current ? -1 : 0;
	}

	// The tools of a message

	#makeTools() {
		const quick = QUICK.map((emoji) =>
			h("button.icon-button", { "aria-label": `React with ${emoji}`, onclick: () => this.act("react", emoji) }, emoji));
		const make = (name, label, action) => {
			const made = iconButton(name, label, () => this.act(action));
			made.dataset.action = action;
			return made;
		};
		const tools = h("div.tools", { role: "toolbar", "aria-label": "What to do with this message" },
			quick,
			make("smile", "React with another emoji", "pick"),
			make("reply", "Reply", "reply"),
			make("edit", "Edit", "edit"),
			make("trash", "Delete", "delete"),
		);
		rove(tools, TOOL, "ArrowLeft", "ArrowRight");
		return tools;
	}

	#showTools(event) {
		// A finger is over a message only when it touches it: tools that come then would be under it, and take the touch.
		if (event.type === "pointerover" && event.pointerType === "touch") return;
		if (event.type === "click" && event.target.closest("a, button")) return;
		const node = event.target.closest("li.message");
		if (!node || node.contains(this.tools) || this.#isUsed) return;
		const { message } = node;
		if (!message?.id || message.deleted) {
			this.hideTools();
			return;
		}
		for (const each of this.tools.querySelectorAll("[data-action]")) {
			each.hidden = !this.app.may(each.dataset.action, message);
		}
		node.append(this.tools);
		this.#placeTools();
		tabStops(node, node === this.current ? 0 : -1);
	}

	/** Puts the tools over their message; without room there under it, and without room under it at the upper edge of the view. */
	#placeTools() {
		const { tools, scroller } = this;
		const node = tools.parentNode;
		if (!node) return;
		tools.style.top = "";
		const above = node.offsetTop - scroller.scrollTop; // px of the list in view above the message
		const over = -tools.offsetTop; // px of the tools above the message
		if (above >= over) return;
		const below = above + node.offsetHeight; // where the message ends in the view
		const under = node.offsetHeight + over - tools.offsetHeight;
		const top = below + over > scroller.clientHeight ? -above : below > 0 ? Math.max(-above, under) : under;
		tools.style.top = `${top}px`;
	}

	/** Tells whether the tools have the focus. */
	get #isUsed() {
		return this.tools.contains(document.activeElement);
	}

	hideTools() {
		if (!this.#isUsed) this.tools.remove();
	}

	/** Puts the tools away, with the focus on their message; on a touch screen they would cover its name. */
	#leaveTools() {
		if (this.#isUsed) this.tools.parentNode.focus({ preventScroll: true });
		this.tools.remove();
	}

	act(action, emoji) {
		const { message } = this.tools.parentNode;
		this.#leaveTools();
		this.app.act(action, message, emoji);
	}
}

/** Lets the links and buttons of a message be stops of Tab (0), or not (-1). The message itself is none: see enter(). */
function tabStops(node, tabIndex) {
	node.tabIndex = -1;
	for (const each of node.querySelectorAll("a, pre, button")) each.tabIndex = tabIndex;
	if (!tabIndex) stopAt(node.querySelectorAll(TOOL)); // the tools are one stop
}

function isGrouped(before, message) {
	return (
		before?.kind === "said" && message.kind === "said" && before.sender === message.sender && !message.replyTo &&
		message.time - before.time < GROUP_MS && before.to === message.to && !message.action && !before.action
	);
}

