// One message as an element.

import { sentence } from "../reading.js";
import { isSame } from "../line.js";
import { BLANK, isUnseen, parseText, words } from "../text.js";
import { avatar, bdi, button, clock, fullTime, h } from "./dom.js";

const LINES_SHOWN = 25; // of a long message, until somebody asks for all of it
const CHARACTERS_SHOWN = 2500;
const REACTIONS_SHOWN = 20;
const REACTION_CHARACTERS = 24;
const FOR_ROLE = "to those with a role";

/** Fills the element of a message. `context`: {app, grouped, pending}. */
export function fill(node, message, context) {
	if (message.kind === "event") {
		fillEvent(node, message, context);
		return;
	}
	const { app, grouped } = context;
	const classes = ["message", grouped ? "next" : "first"];
	if (message.own) classes.push("own");
	if (message.state) classes.push(message.state === "failed" ? "failed" : "pending");
	if (!message.own && message.text && app.isMentioned(message.text)) classes.push("mentions-me");
	node.className = classes.join(" ");
	const time = h("time", { datetime: new Date(message.time).toISOString(), title: fullTime(message.time) }, clock(message.time));
	const head = grouped ? null : h("div.head", nameButton(app, message.sender), audience(message), time);
	const gutter = grouped ? h("span.gutter", time) : avatar(message.sender);
	fillWith(
		node,
		gutter,
		h("div.body", head, quote(message, app), content(message, app), reactions(message, app), state(message, app)),
	);
	node.setAttribute("aria-label", label(message, app));
}

function fillEvent(node, message, { app }) {
	node.className = "event";
	node.replaceChildren(h("p", { dir: "auto", title: fullTime(message.time) }, words(sentence(message, app.session.nick), 400)));
}

/** Replaces what is in a message, beside its tools: a button that leaves the page for a moment loses a click. */
function fillWith(node, ...children) {
	for (const each of [...node.children]) {
		if (each.matches(".tools")) continue;
		if (each.contains(document.activeElement)) node.focus({ preventScroll: true });
		each.remove();
	}
	node.prepend(...children);
}

/** What a screen reader says of a message: all that is seen of it. */
function label(message, app) {
	const { sender, time, edited, replyTo, reactions } = message;
	const text = message.deleted ? "deleted" : words(message.text, 300);
	const about = replyTo && `, in reply to ${quoted(message, app).reverse().join(": ")}`;
	const liked = reactions.slice(0, REACTIONS_SHOWN).map((each) => `${each.count} ${words(each.text, REACTION_CHARACTERS)}`).join(", ");
	const audience = message.to && `, ${FOR_ROLE}`;
	return [`${sender}, ${clock(time)}${audience}${about}: ${text}`, edited && "edited", liked, stateWords(message, app)].filter(Boolean).join(", ");
}

function nameButton(app, name) {
	return h("button.name", { onclick: () => app.dialog("person", name) }, bdi(name));
}

function audience(message) {
	return message.to ? h("span.badge", FOR_ROLE) : null;
}

/** Returns the text that a message replies to, and who said it, if that is known. */
function quoted({ replyTo }, app) {
	const about = app.found?.history.byId.get(replyTo);
	return about ? [about.deleted ? "a deleted message" : words(about.text, 120), about.sender] : ["an earlier message"];
}

function quote(message, app) {
	if (!message.replyTo) return null;
	const about = app.found?.history.byId.get(message.replyTo);
	const [text, name] = quoted(message, app);
	const jump = () => about && app.jump(about);
	return h("button.quote", { onclick: jump, disabled: !about },
		name ? bdi(name, ".quote-name") : null,
		h("span.quote-text", { dir: "auto" }, text),
	);
}

function content(message, app) {
	if (message.deleted) {
		const by = message.deletedBy && !isSame(message.deletedBy, message.sender) ? ` by ${message.deletedBy}` : "";
		return h("div.text.gone", `Message deleted${by}`, message.reason && `: ${words(message.reason)}`);
	}
	if (!message.action && isUnseen(message.text)) return h("div.text.gone", BLANK);
	const lines = message.text.split("\n").length;
	const long = message.text.length > CHARACTERS_SHOWN || lines > LINES_SHOWN;
	const shortened = long && !app.expanded.has(message.key);
	const shown = shortened ? message.text.split("\n").slice(0, LINES_SHOWN).join("\n").slice(0, CHARACTERS_SHOWN) : message.text;
	const nodes = parseText(shown, (word) => app.isName(word) && !(message.own && app.isMe(word))).map((each) => element(each, app));
	const classes = ["text"];
	if (message.action) classes.push("action");
	if (/^(\p{Extended_Pictographic}[\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]*){1,5}$/u.test(message.text)) classes.push("big");
	const name = message.action ? [bdi(message.sender), " "] : null;
	return [
		// COMPAT(Chrome on Android): a tap near something that can be tapped, as a quote, goes there, unless it is on another.
		h("div", { class: classes.join(" "), dir: "auto", onclick: () => {} }, name, nodes, message.edited ? h("span.edited", " (edited)") : null),
		shortened ? button(lines > 1 ? `Show all ${lines} lines` : "Show all of it", () => app.expand(message), ".link-button") : null,
	];
}

function element(node, app) {
	switch (node.type) {
		case "link":
			return h("a", { href: node.href, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, node.text, node.host ? h("strong", ` (${node.host})`) : null);
		case "code":
			return h("code", { dir: "ltr" }, node.text);
		case "block":
			return h("pre", { dir: "ltr", tabIndex: 0, "aria-label": "Code" }, h("code", node.text));
		case "em":
			return h("em", node.nodes.map((each) => element(each, app)));
		case "mention": {
			const me = app.isMe(node.text);
			const show = () => (me ? app.dialog("person", app.session.nick) : app.open(node.text.replace(/^@/, "")));
			return h("button", { class: me ? "mention me" : "mention", dir: "auto", onclick: show }, node.text);
		}
		default:
			return node.text;
	}
}

function reactions(message, app) {
	const all = message.reactions ?? [];
	const rest = all.length - REACTIONS_SHOWN;
	const isOurs = ({ nicks }) => nicks.includes(app.session.nick);
	// Where not all have room, our own come first: we see them, and can take them back.
	const shown = all.toSorted((one, other) => rest > 0 && isOurs(other) - isOurs(one)).slice(0, REACTIONS_SHOWN);
	return all[0] && h("div.reactions", shown.map((each) => reaction(each, isOurs(each), message, app)), rest > 0 && h("span.more", `and ${rest} more`));
}

function reaction({ text, count, nicks }, mine, message, app) {
	const shown = words(text, REACTION_CHARACTERS);
	const named = nicks.slice(0, 15);
	const who = named.join(", ") + (count > named.length ? ` and ${count - named.length} more` : "");
	return h("button.reaction", { "aria-pressed": String(mine), title: who,
			"aria-label": `${shown}, ${count} ${count === 1 ? "person" : "people"}: ${who}`,
			onclick: () => app.react(message, text, !mine),
		},
		bdi(shown), h("span.count", String(count)),
	);
}

function stateWords({ state, reason }, app) {
	if (!state) return "";
	return state === "failed" ? `Not sent. ${words(reason)}` : app.session.ready ? "" : "Waits for the connection";
}

function state(message, app) {
	if (!message.state) return null;
	const text = stateWords(message, app);
	if (message.state !== "failed") return text && h("div.state", text);
	const act = (label, action) => button(label, () => app.do(({ outbox }) => outbox[action](message.clientId)), ".link-button");
	return h("div.state.error", h("span", { dir: "auto" }, text), act("Send again", "again"), act("Drop", "drop"));
}
