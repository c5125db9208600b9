// Makes elements. Text from the network only ever becomes text nodes here; nothing is parsed as markup.

import { plain } from "../text.js";

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = { value: 1, checked: 1, disabled: 1, hidden: 1, tabIndex: 1, readOnly: 1 };

/**
 * Makes an element. `tag` may have classes (`li.row.open`); then attributes and `on...` listeners, if there are some;
 * then children: elements, texts and lists of these (null and false are left out).
 */
export function h(tag, ...children) {
	const [name, ...classes] = tag.split(".");
	const node = document.createElement(name);
	if (classes.length) node.className = classes.join(" ");
	if (name === "button") node.type = "button";
	if (children[0]?.constructor === Object) setAll(node, children.shift());
	node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
	return node;
}

function setAll(node, attributes) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
		else if (name in PROPERTIES) node[name] = value;
		else if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
	}
}

/** A name or a text of somebody, isolated so that its direction does not reach its neighbours. */
export function bdi(text, classes = "") {
	return h(`bdi${classes}`, plain(text));
}

/**
 * Moves the focus with the arrow keys, Home and End among what a selector finds in a node. All of it is one stop of Tab;
 * see stopAt().
 */
export function rove(node, selector, back = "ArrowUp", on = "ArrowDown") {
	node.addEventListener("keydown", (event) => {
		const all = [...node.querySelectorAll(selector)];
		const at = all.indexOf(document.activeElement);
		const next = all[{ [back]: at - 1, [on]: at + 1, Home: 0, End: all.length - 1 }[event.key]];
		if (at < 0 || !next || event.altKey) return;
		event.preventDefault();
		next.focus({ preventScroll: true });
		next.scrollIntoView({ block: "nearest" });
	});
	node.addEventListener("focusin", ({ target }) => target.matches(selector) && stopAt(node.querySelectorAll(selector), target));
}

/** Makes one of some elements, or the first, their stop of Tab; one that has the focus stays it. */
export function stopAt(all, chosen) {
	const stop = [...all].find((each) => each === document.activeElement) ?? chosen ?? all[0];
	for (const each of all) if (each.tabIndex !== (each === stop ? 0 : -1)) each.tabIndex = each === stop ? 0 : -1;
}

/** Updates the children of a node to be those of the items; a node of a known key is kept, and keeps the focus. */
export function reconcile(parent, items, { key, make, update = () => {} }) {
	const focused = document.activeElement;
	const known = parent.known ?? new Map();
	const next = new Map();
	let at = parent.firstElementChild;
	for (const item of items) {
		const id = key(item);
		let node = known.get(id);
		if (!node) node = make(item);
		update(node, item);
		next.set(id, node);
		if (node === at) at = at.nextElementSibling;
		else parent.insertBefore(node, at);
	}
	for (const [id, node] of known) if (next.get(id) !== node) node.remove();
	parent.known = next;
	// A node that moves loses the focus.
	if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

/** Sets the text of a node, if it is another one. */
export function setText(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

/** Tells whether a node is to be drawn again, because one of the values that it shows is another than the last time. */
export function isStale(node, ...values) {
	const drawn = values.join("\n");
	const stale = node.drawn !== drawn;
	node.drawn = drawn;
	return stale;
}

const ICONS = {
	back: "M15 5l-7 7 7 7",
	close: "M6 6l12 12M18 6L6 18",
	plus: "M12 5v14M5 12h14",
	search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.5 16.5L21 21",
	people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4M18 15c2.2.7 3.6 2.5 3.6 5",
	send: "M4 12l16-8-6 16-3-6.5z",
	smile: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8.5 14.5c1 1.300 2.200 2 3.5 2s2.5-.7 3.5-2M9 9.5v.5M15 9.5v.5",
	reply: "M10 6L4 12l6 6M4 12h10c3.5 0 6 2 6 6",
	edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
	trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
	settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
	down: "M12 5v14M6 13l6 6 6-6",
	person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-4 3.5-6 7.5-6s7.5 2 7.5 6",
};

export function icon(name) {
	const svg = document.createElementNS(SVG, "svg");
	const path = document.createElementNS(SVG, "path");
	svg.setAttribute("viewBox", "0 0 24 24");
	svg.setAttribute("class", "icon");
	svg.setAttribute("aria-hidden", "true");
	path.setAttribute("d", ICONS[name]);
	svg.append(path);
	return svg;
}

/** A button that shows only an icon; its label is read by screen readers and shown as a tooltip. */
export function iconButton(name, label, onclick, classes = "") {
	return h(`button.icon-button${classes}`, { "aria-label": label, title: label, onclick }, icon(name));
}

export function button(label, onclick, classes = ".button") {
	return h(`button${classes}`, { onclick }, label);
}

/** A field for a password, with a button that shows what is typed: {input, node}. */
export function secretField(attributes) {
	const input = h("input", { type: "password", required: true, dir: "ltr", ...attributes });
	const toggle = () => {
		const shows = input.type === "password";
		input.type = shows ? "text" : "password";
		show.textContent = shows ? "Hide" : "Show";
		show.setAttribute("aria-pressed", String(shows));
	};
	const show = h("button.link-button", { "aria-pressed": "false", onclick: toggle }, "Show");
	return { input, node: h("div.with-button", input, show) };
}

/** Tells whether a field that takes the focus opens an on-screen keyboard. */
export function isTouched() {
	return matchMedia("(pointer: coarse)").matches;
}

/** Makes where toasts are shown: in the frame of the page, and in each dialog, as what is behind a dialog is inert. */
export function newToasts() {
	return h("div.toasts", { role: "status" });
}

export function toastsInFront() {
	return [...document.querySelectorAll(".toasts")].at(-1);
}

/** A circle with the first letter of a name, in a colour that the name chooses. */
export function avatar(name) {
	let sum = 0;
	for (const char of name.toLowerCase()) sum = (sum * 31 + char.codePointAt(0)) % 9973;
	const letter = [...name.replace(/^[^\p{L}\p{N}]+/u, "")][0] ?? name[0] ?? "?";
	return h(`span.avatar.c${sum % 8}`, { "aria-hidden": "true" }, letter.toUpperCase());
}

/** Returns a function that writes times. What it needs is slow to make, so that is made when the first time is written. */
function formatter(options) {
	let made = null;
	return (ms) => (made ??= new Intl.DateTimeFormat(undefined, options)).format(ms);
}

export const clock = formatter({ hour: "2-digit", minute: "2-digit" });
export const fullTime = formatter({ dateStyle: "full", timeStyle: "medium" });
const day = formatter({ weekday: "long", day: "numeric", month: "long" });
const dayOfYear = formatter({ day: "numeric", month: "long", year: "numeric" });
export const dayKey = (ms) => new Date(ms).toDateString();

export function dayName(ms, now = Date.now()) {
	if (dayKey(ms) === dayKey(now)) return "Today";
	if (dayKey(ms) === dayKey(now - 86400000)) return "Yesterday";
	return (now - ms < 300 * 86400000 ? day : dayOfYear)(ms);
}

export const shortTime = (ms) => (dayKey(ms) === dayKey(Date.now()) ? "" : `${dayName(ms)}, `) + clock(ms);
