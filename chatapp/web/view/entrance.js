// Sign-in, sign-up, and the way in with an invitation.

import { bdi, button, h, secretField } from "./dom.js";

const NAME = /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,31}$/;
const PASSWORD_CHARACTERS_MIN = 8;
const PASSWORD_BYTES_MAX = 72;

export class Entrance {
	/** `app.enter(credentials, stay)` signs in or up. `code` is of an invitation, or empty. */
	constructor(app, code) {
		this.app = app;
		this.code = code;
		this.isNew = Boolean(code);
		this.busy = false;
		this.invitation = null;
		this.title = h("h1");
		this.lead = h("p.lead");
		this.name = h("input", { id: "name", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: "32", required: true, dir: "ltr" });
		const secret = secretField({ id: "password", name: "password", "aria-describedby": "password-hint" });
		this.password = secret.input;
		this.hint = h("p.hint", { id: "password-hint" });
		this.stay = h("input", { type: "checkbox", id: "stay", checked: true });
		this.error = h("p.error", { role: "alert" });
		this.submitButton = h("button.button.primary", { type: "submit" });
		this.other = h("p.other");
		this.form = h("form.card", { onsubmit: (event) => this.submit(event), novalidate: true },
			this.title, this.lead, this.error,
			h("label", { for: "name" }, "Name"), this.name,
			h("label", { for: "password" }, "Password"), secret.node, this.hint,
			h("div.check", this.stay, h("label", { for: "stay" }, "Stay signed in on this device")),
			this.submitButton, this.other,
		);
		this.connection = h("p.connection", { role: "status" });
		this.node = h("main.entrance", this.form, this.connection);
		this.draw();
	}

	draw() {
		const { invitation, isNew } = this;
		const network = invitation?.network;
		this.title.replaceChildren(...(this.code && isNew ? ["You are invited", ...(network ? [" to ", bdi(network)] : [])] : [isNew ? "Make an account" : "Sign in"]));
		const channels = invitation?.channels ?? [];
		const lead = this.code && isNew ? ["Pick a name and a password, and talk.", ...(channels.length ? [" You will be in ", bdi(channels.join(", ")), "."] : [])]
			: isNew ? ["Your name is how others see you here."] : [];
		this.lead.replaceChildren(...lead);
		this.password.autocomplete = isNew ? "new-password" : "current-password";
		this.hint.textContent = isNew ? `At least ${PASSWORD_CHARACTERS_MIN} characters.` : "";
		this.submitButton.textContent = this.busy ? "One moment…" : isNew ? "Make the account and talk" : "Sign in";
		this.submitButton.disabled = this.busy;
		const swap = button(isNew ? "Sign in" : "Make an account", () => this.turn(!this.isNew), ".link-button");
		this.other.replaceChildren(isNew ? "You have an account? " : "New here? ", swap);
	}

	turn(isNew) {
		this.isNew = isNew;
		this.say("");
		this.draw();
		(this.name.value ? this.password : this.name).focus();
	}

	say(text) {
		this.error.textContent = text;
		for (const input of [this.name, this.password]) input.removeAttribute("aria-invalid");
	}

	/** Says what is wrong with a field, and puts the cursor there. */
	#wrong(input, text) {
		this.say(text);
		input.setAttribute("aria-invalid", "true");
		input.focus();
		input.select();
	}

	submit(event) {
		event.preventDefault();
		if (this.busy) return;
		const name = this.name.value.trim();
		const secret = this.password.value;
		if (!name) return this.#wrong(this.name, "Type your name.");
		if (!NAME.test(name)) return this.#wrong(this.name, "A name has letters from a to z, digits and _ - [ ] \\ ` ^ { } |, at most 32, and does not begin with a digit.");
		if (!secret) return this.#wrong(this.password, "Type your password.");
		if (this.isNew && [...secret].length < PASSWORD_CHARACTERS_MIN) return this.#wrong(this.password, `A password has at least ${PASSWORD_CHARACTERS_MIN} characters.`);
		if (new TextEncoder().encode(secret).length > PASSWORD_BYTES_MAX) return this.#wrong(this.password, `A password has at most ${PASSWORD_BYTES_MAX} bytes.`);
		this.say("");
		this.busy = true;
		this.draw();
		this.app.enter({ name, secret, kind: this.isNew ? "sign-up" : "password", code: this.code }, this.stay.checked);
	}

	// What the session tells

	invited(invitation) {
		this.invitation = invitation;
		this.draw();
	}

	notInvited(text) {
		this.code = "";
		this.isNew = false;
		this.busy = false;
		this.draw();
		this.say(text);
	}

	refused({ kind, text, code, name }) {
		this.busy = false;
		this.draw();
		this.refusedName = name;
		const isName = kind === "sign-up" && !/PASSWORD/.test(code);
		// What the server says then is for other clients.
		const why = code === "NEED_INVITATION" ? "You need an invitation to sign up here. Ask somebody who is here for its link, and open it." : text;
		this.#wrong(isName ? this.name : this.password, why);
	}

	/** Tells what the server knows of the name of a refused sign-in. */
	looked({ name, answer }) {
		if (this.busy || this.isNew || name !== this.refusedName) return;
		if (answer === "known") return;
		const text = `Nobody is called ${name} here.`;
		if (answer === "unknown") {
			this.error.replaceChildren(text, " ", button(`Make the account ${name}`, () => this.turn(true), ".link-button"));
		} else this.say(`${text} Check the name, or ask who runs the server for an account.`);
		this.name.focus();
	}

	offline(words) {
		this.connection.textContent = words;
	}
}
