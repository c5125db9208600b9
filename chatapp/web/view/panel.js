// The panel beside the messages: the members of a channel, with who is here and who is away.

import { avatar, bdi, h, iconButton, isStale, isTouched, reconcile, rove, setText, stopAt } from "./dom.js";

const MEMBERS_SHOWN_MAX = 300;
const GROUPS = ["Here", "Away"];

export class Panel {
	constructor(app) {
		this.app = app;
		this.title = h("h2", "Members");
		this.body = h("div.panel-body", { tabIndex: -1, role: "region", "aria-label": "Members" });
		this.filter = h("input", { type: "search", placeholder: "Find a member", "aria-label": "Find a member", oninput: () => app.draw() });
		const close = ({ key }) => key === "Escape" && this.toggle(false);
		this.node = h("section.panel", { "aria-label": "Members of the channel", onkeydown: close },
			h("div.panel-head", this.title, iconButton("close", "Close the list of members", () => this.toggle(false))),
			this.filter,
			this.body,
		);
		rove(this.body, ".row");
	}

	/** Shows it, with the focus in it, or hides it. */
	toggle(on = !this.app.ui.panel) {
		const { shell, ui } = this.app;
		const hadFocus = this.node.contains(document.activeElement);
		ui.panel = on;
		shell.render();
		if (on) (isTouched() ? this.body : this.filter).focus();
		else if (hadFocus) shell.members.focus();
	}

	/** Tells whether it lies over the messages. */
	get covers() {
		return !this.node.hidden && getComputedStyle(this.node).position === "absolute";
	}

	render() {
		const { found, ui } = this.app;
		this.node.hidden = !ui.panel || !found?.isChannel;
		if (this.node.hidden) return;
		setText(this.title, `${found.members.size} ${found.members.size === 1 ? "member" : "members"}`);
		const { conversations } = this.app.session;
		const text = this.filter.value.trim().toLowerCase();
		const all = [...found.members.values()].filter((each) => each.nick.toLowerCase().includes(text));
		const rank = (each) => (each.prefixes ? "~&@%+".indexOf(each.prefixes[0]) : 9);
		all.sort((one, other) => rank(one) - rank(other) || one.nick.localeCompare(other.nick));
		const away = (each) => conversations.isAway(each.nick) === true && !this.app.isMe(each.nick);
		const rows = [];
		for (const group of GROUPS) {
			const members = all.filter((each) => away(each) === (group === "Away"));
			if (members.length) rows.push({ key: `g ${group}`, group, count: members.length });
			rows.push(...members.slice(0, MEMBERS_SHOWN_MAX).map((member) => ({ key: member.nick, member, away: group === "Away" })));
			if (members.length > MEMBERS_SHOWN_MAX) rows.push({ key: `m ${group}`, more: members.length - MEMBERS_SHOWN_MAX });
		}
		reconcile(this.body, rows, { key: (row) => row.key, make: (row) => this.#make(row), update: (node, row) => this.update(node, row) });
		stopAt(this.body.querySelectorAll(".row"));
	}

	#make(row) {
		if (row.group) return h("h3.group");
		if (row.more) return h("p.group");
		return h("button.row", { onclick: () => this.app.dialog("person", row.member.nick) });
	}

	update(node, row) {
		if (!row.member) {
			setText(node, row.group ? `${row.group} — ${row.count}` : `and ${row.more} more: type a part of the name`);
			return;
		}
		const { nick, prefixes } = row.member;
		if (!isStale(node, nick, prefixes, row.away)) return;
		node.className = row.away ? "row away" : "row";
		const role = { "~": "founder", "&": "protected", "@": "operator", "%": "half-operator", "+": "voice" }[prefixes[0]];
		node.replaceChildren(
			h("span.with-dot", avatar(nick), h("span", { class: row.away ? "dot" : "dot here" })),
			h("span.row-name", bdi(nick)),
			...(role ? [h("span.badge", role)] : []),
		);
	}
}
