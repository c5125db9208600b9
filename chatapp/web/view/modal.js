// Dialogs: the frame that all of them share, questions that say what will happen, and lists.

import { OFFLINE } from "../replies.js";
import { avatar, bdi, button, h, iconButton, isTouched, newToasts, toastsInFront } from "./dom.js";

const ROWS_MAX = 200;
let fields = 0;

/** Opens a dialog; returns {body, close}. It closes with Escape, its button, or a click beside it. */
export function modal(title, ...content) {
	const close = () => node.close();
	const body = h("div.dialog-body", content);
	const toasts = newToasts();
	function closed() {
		node.remove();
		// Chromium returns the focus, but not always the caret: what is typed into the field would be lost.
		// Where nothing had the focus, the composer gets it.
		const { activeElement, body: page } = document;
		const field = activeElement === page && !isTouched() ? document.querySelector(".composer textarea") : activeElement;
		if (field?.matches("input, textarea")) {
			field.blur();
			field.focus();
		}
		toastsInFront()?.append(...toasts.children);
	}
	const node = h(
		"dialog",
		{ "aria-label": title, onclick: ({ target }) => target === node && close(), onclose: closed },
		h("div.dialog-head", h("h2", bdi(title)), iconButton("close", "Close", close)),
		body,
		toasts,
	);
	document.querySelector("dialog[open]")?.close();
	document.body.append(node);
	node.showModal();
	body.querySelector("select, input:not([type=checkbox], [hidden] *)")?.focus();
	return { body, close };
}

/** Asks before something is done: `sentence` says what will happen. The dialog stays open if `action()` returns false. */
export function question(title, sentence, label, fields, action) {
	const submit = (event) => {
		event.preventDefault();
		if (action() !== false) dialog.close();
	};
	const dialog = modal(title, h(
		"form", { onsubmit: submit },
		h("p", { dir: "auto", id: "sentence" }, sentence), fields,
		h("div.buttons", button("Cancel", () => dialog.close()), submitButton(label, ".danger")),
	));
	dialog.body.parentNode.setAttribute("aria-describedby", "sentence"); // a screen reader reads it at once
	return dialog;
}

export function submitButton(label, classes = ".primary") {
	return h(`button.button${classes}`, { type: "submit" }, label);
}

/** An input with its label: {input, node}. */
export function field(label, attributes = {}, tag = "input", ...children) {
	fields += 1;
	const input = h(tag, { id: `field${fields}`, dir: "auto", autocomplete: "off", ...attributes }, children);
	return { input, node: h("p.field", h("label", { for: input.id }, label), input) };
}

export function checkbox(label, checked, onchange) {
	const { input, node } = field(label, { type: "checkbox", checked, onchange });
	node.className = "check";
	node.prepend(input);
	return { input, node };
}

/** A list of rows {name, under, mark, onclick, end}: `mark` is shown before the name (else an avatar), `end` after it. */
export function list(rows, empty) {
	if (!rows.length) return h("p.hint", { role: "status" }, empty);
	// A screen reader that goes from button to button says of which row each is.
	for (const { name, end } of rows) if (end?.matches("button")) end.setAttribute("aria-label", `${end.textContent}: ${name}`);
	return h("ul.rows", rows.slice(0, ROWS_MAX).map(({ name, under, mark, onclick, end }) => h("li", h(
		onclick ? "button.row.tall" : "div.row.tall", onclick ? { onclick } : {},
		mark ?? avatar(name), h("span.row-name", bdi(name), under ? h("span.under", { dir: "auto" }, under) : null), end ?? null,
	))));
}

/** What a dialog shows until there is the answer to a request, and while there is no connection. */
export function loading(app) {
	return h("p.hint", app.session.ready ? "Loading…" : OFFLINE);
}

/** A dialog with the rows that `rows(reply, close, body)` makes of the answer to a request. */
export function asked(app, title, request, empty, rows) {
	const dialog = modal(title, loading(app));
	if (app.session.ready) app.ask(...request, { what: title }, (reply) => dialog.body.replaceChildren(list(rows(reply, dialog.close, dialog.body), empty)));
}
