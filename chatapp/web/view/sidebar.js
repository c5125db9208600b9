// The list of channels and people, with what is unread.

import { fold } from "../line.js";
import { avatar, bdi, button, h, icon, iconButton, isStale, reconcile, rove, setText, stopAt } from "./dom.js";

export class Sidebar {
	constructor(app) {
		this.app = app;
		this.title = h("p.network", "Chat");
		this.channels = h("ul.rows");
		this.people = h("ul.rows");
		this.invitations = h("ul.rows");
		this.invited = h("summary");
		this.folded = h("details.invitations", this.invited, this.invitations, button("Remove all", () => this.remove(), ".link-button"));
		this.me = h("button.account", { onclick: () => app.dialog("settings") });
		this.connection = h("p.connection");
		this.order = new Intl.Collator(undefined, { numeric: true });
		const section = (title, list, label, action) => h("section", h("div.section", h("h2", title), iconButton("plus", label, action)),
			list,
		);
		this.node = h("nav.side", { "aria-label": "Conversations" },
			h("div.side-head", this.title, iconButton("search", "Search messages", () => app.dialog("search"))),
			this.connection,
			h("div.side-body",
				this.folded,
				section("Channels", this.channels, "Join or create a channel", () => app.dialog("join")),
				section("People", this.people, "Write to somebody", () => app.dialog("people")),
			),
			this.me,
		);
		rove(this.node, ".row");
	}

	render() {
		const { app } = this;
		const { conversations, nick, announced, invitations } = app.session;
		setText(this.title, announced.network || "Chat");
		const words = app.connectionWords();
		setText(this.connection, words);
		this.connection.hidden = !words;
		const channels = conversations.channels.sort((one, other) => this.order.compare(one.key, other.key));
		const people = conversations.people.filter((each) => each.last || each.name === app.ui.open || each.unread).sort((one, other) => other.last - one.last);
		this.rows(this.channels, channels);
		this.rows(this.people, people.slice(0, 200));
		const open = fold(app.ui.open);
		stopAt(this.node.querySelectorAll(".row"), (this.channels.known.get(open) ?? this.people.known.get(open))?.firstChild);
		this.folded.hidden = !invitations.open.length;
		setText(this.invited, `Invitations to channels: ${invitations.open.length}`);
		reconcile(this.invitations, invitations.open, { key: (each) => `${each.channel} ${each.by}`, make: (each) => this.invitation(each) });
		if (isStale(this.me, nick)) {
			this.me.replaceChildren(avatar(nick || "?"), h("span.row-name", bdi(nick)), icon("settings"));
			this.me.setAttribute("aria-label", `${nick}: settings and sign out`);
		}
	}

	rows(list, all) {
		reconcile(list, all, {
			key: (each) => each.key,
			make: (each) => h("li", h("button.row", { onclick: () => this.app.open(each.name) })),
			update: (node, each) => this.row(node.firstChild, each),
		});
	}

	row(node, each) {
		const { app } = this;
		const isOpen = app.isShown(each.name);
		const away = each.isChannel ? null : app.session.conversations.isAway(each.name);
		const waits = app.session.outbox.of(each.name).some((entry) => entry.state === "failed");
		if (!isStale(node, each.name, each.unread, each.more, each.mentions, isOpen, away, waits)) return;
		node.className = `row${isOpen ? " open" : ""}${each.unread ? " unread" : ""}`;
		node.setAttribute("aria-current", String(isOpen));
		const mark = each.isChannel ? h("span.hash", { "aria-hidden": "true" }, "#") : h("span.with-dot", avatar(each.name), h("span", { class: `dot ${away === false ? "here" : ""}` }));
		const count = each.more ? `${each.unread}+` : String(Math.min(each.unread, 999));
		const shown = each.unread && !isOpen;
		const mentions = each.isChannel && each.mentions;
		node.replaceChildren(...[
			mark,
			h("span.row-name", bdi(each.isChannel ? each.name.slice(1) : each.name)),
			waits ? h("span.badge.error", "not sent") : null,
			shown ? h("span", { class: `count ${each.isChannel && !mentions ? "" : "strong"}` }, mentions ? `@${mentions}` : count) : null,
			shown ? h("span.sr", mentions ? `${mentions} ${mentions === 1 ? "mention" : "mentions"}, ${count} unread` : "unread") : null,
			each.isChannel ? null : h("span.sr", away === false ? "is here" : away ? "is away" : ""),
		].filter(Boolean));
	}

	/** Opens the conversation above or below. */
	move(by) {
		const rows = [...this.node.querySelectorAll(".row")];
		rows[rows.findIndex((each) => each.matches(".open")) + by]?.click();
	}

	invitation({ channel, by }) {
		const name = h("button.link-button", { onclick: () => this.app.dialog("person", by) }, bdi(by));
		return h("li.invitation",
			h("span", ...(by ? [name, " invited you to "] : ["You are invited to "]), bdi(channel)),
			h("button.button.small", { "aria-label": `Join ${channel}`, onclick: () => this.app.join(channel) }, "Join"),
			iconButton("close", `Remove the invitation to ${channel}`, () => this.remove(channel)),
		);
	}

	/** Removes one invitation, or all. */
	remove(only = "") {
		this.app.do(({ invitations }) => invitations.open.forEach(({ channel }) => (!only || only === channel) && invitations.remove(channel)));
	}
}
