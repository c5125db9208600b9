// Pure: the sign-in, as a table: state and verb -> step.
//
//   offers --CAP LS--> asked --CAP ACK--> waiting --submit--> sasl ------+--903--> ending --001--> done
//                                            |  ^                        |
//                                            |  +------- 904, FAIL ------+
//                                            +--submit--> register --SUCCESS--> ending
//
// `submit` gives {name, secret, kind, known}: kind is "password", "token" or "sign-up". `known` are the capabilities that
// the server offered the last time. With them everything is sent at once, without waiting for the answers, which come in
// the same order; so a sign-in takes one round trip and not five. Then a refusal ends the connection.
//
// Spec: IRCv3 capability-negotiation, sasl-3.1, draft/account-registration; chatapp/server/README.md, "Extensions".

import { textOf } from "./replies.js";

const REQUIRED = ["batch", "echo-message", "labeled-response", "message-tags", "sasl", "server-time"];
const WANTED = [
	...REQUIRED,
	"account-notify", "account-tag", "away-notify", "cap-notify", "chatapp/account", "chatapp/aggregate",
	"draft/account-registration", "draft/channel-rename", "draft/chathistory", "draft/event-playback",
	"draft/message-edit", "draft/message-redaction", "draft/multiline", "draft/read-marker", "extended-join", "multi-prefix",
	"setname", "soju.im/search", "standard-replies",
];
const NAMES_PER_REQUEST = 12;
const CHUNK_BYTES = 400; // Spec: sasl-3.1, "split into chunks of 400 bytes"
const LINES_MAX = 500; // of a message

export class SignIn {
	constructor() {
		this.state = "offline";
		this.offers = {};
		this.enabled = new Set();
		this.credentials = null; // kept for the next connection
		this.code = ""; // of an invitation
		this.out = []; // [verb, params]
		this.events = [];
	}

	get done() {
		return this.state === "done";
	}

	opened() {
		const known = this.credentials?.known ?? [];
		Object.assign(this, { state: "offers", offers: {}, requests: 0, banned: false, lookingUp: "", atOnce: known.length > 0 });
		this.enabled = new Set(known);
		this.send("CAP", "LS", "302");
		if (!this.atOnce) return;
		this.request(known);
		this.begin();
		this.end();
	}

	closed() {
		this.state = "offline";
		this.out = [];
	}

	submit(credentials) {
		this.credentials = credentials;
		if (["waiting", "asked"].includes(this.state)) this.begin();
	}

	/** Asks whether the code of an invitation is valid, now or on the next connection. */
	invited(code) {
		this.code = code;
		if (this.state === "waiting") this.send("INVITATION", code);
	}

	/** The limits of a message of several lines, or null if the server has none. Spec: IRCv3 draft/multiline. */
	get multiline() {
		if (!this.enabled.has("draft/multiline")) return null;
		const limit = (name) => Number(new RegExp(`${name}=(\\d+)`).exec(this.offers["draft/multiline"])?.[1]);
		return { bytes: limit("max-bytes") || 4096, lines: Math.min(limit("max-lines") || 20, LINES_MAX) };
	}

	take(message) {
		if (message.verb === "465") {
			this.banned = true;
			this.tell("gone", { text: `${textOf(message).replace(/[^.!?]$/, "$&.")} Ask whoever runs the server if you did not expect that.` });
		} else TABLE[`${this.state} ${message.verb}`]?.(this, message);
	}

	tell(type, fields) {
		this.events.push({ type, ...fields });
	}

	send(verb, ...params) {
		this.out.push([verb, params]);
	}

	// The steps

	onOffers({ params }) {
		if (params[1] !== "LS") return;
		for (const [, name, value = ""] of params[params.length - 1].matchAll(/([^ =]+)(?:=(\S*))?/g)) this.offers[name] = value;
		if (params[2] === "*" && params.length > 3) return; // more of the list follows
		const missing = REQUIRED.filter((name) => !(name in this.offers));
		if (missing.length) this.tell("unusable", { text: `This server cannot tell whether a message arrived (it does not offer ${missing.join(", ")}).` });
		else {
			this.state = "asked";
			if (this.atOnce) return;
			this.request(this.known);
			if (this.credentials) this.begin(); // without waiting for the answers, which come first
		}
	}

	/** The capabilities that the server offers, of those that we want. */
	get known() {
		return WANTED.filter((name) => name in this.offers);
	}

	request(known) {
		const names = [...known];
		for (; names.length; this.requests += 1) this.send("CAP", "REQ", names.splice(0, NAMES_PER_REQUEST).join(" "));
	}

	onAnswer({ params }) {
		if (params[1] !== "ACK" && params[1] !== "NAK") return;
		const names = params[params.length - 1].trim().split(" ");
		for (const name of names) this.enabled[params[1] === "ACK" ? "add" : "delete"](name);
		if (params[1] === "NAK" && this.atOnce) {
			this.credentials.known = []; // the server has changed
			this.tell("again");
			return;
		}
		this.requests -= 1;
		if (this.requests) return;
		if (REQUIRED.some((name) => !this.enabled.has(name))) {
			this.tell("unusable", { text: "This server offers what it does not allow." });
			return;
		}
		this.state = this.credentials ? this.signingIn : "waiting";
		if (this.code) this.send("INVITATION", this.code);
	}

	/** `INVITATION VALID <network> :<channels>`. */
	onInvitation({ params: [answer, network, channels = ""] }) {
		if (answer === "VALID") this.tell("invitation", { network, channels: channels.split(",").filter(Boolean) });
	}

	begin() {
		const { name, secret, kind } = this.credentials;
		this.send("NICK", name);
		this.send("USER", name, "0", "*", name);
		if (kind === "sign-up") this.send("REGISTER", name, "*", secret);
		else this.#authenticate(name, secret);
		if (this.state === "waiting") this.state = this.signingIn;
	}

	get signingIn() {
		return this.credentials.kind === "sign-up" ? "register" : "sasl";
	}

	#authenticate(name, secret) {
		this.send("AUTHENTICATE", "PLAIN");
		const payload = btoa(String.fromCharCode(...new TextEncoder().encode(`${name}\0${name}\0${secret}`)));
		for (let at = 0; at < payload.length; at += CHUNK_BYTES) this.send("AUTHENTICATE", payload.slice(at, at + CHUNK_BYTES));
		if (payload.length % CHUNK_BYTES === 0) this.send("AUTHENTICATE", "+");
	}

	/** Ends the sign-in. The answer to the PING comes when the server has announced its settings and our channels. */
	end() {
		this.send("CAP", "END");
		this.send("PING", "ready");
	}

	onSuccess() {
		if (!this.atOnce) this.end();
		Object.assign(this, { state: "ending", code: "" }); // whoever is signed in needs no invitation
		if (this.credentials.kind === "sign-up") this.credentials.kind = "password";
	}

	/** Takes a refusal of the sign-in or the sign-up. The text says why; the person may try again. */
	onRefused({ verb, params }) {
		if (verb === "FAIL" && params[0] === "INVITATION") this.onNoInvitation({ params });
		if (verb === "FAIL" && params[0] !== (this.state === "register" ? "REGISTER" : "AUTHENTICATE")) return;
		const { kind, name } = this.credentials;
		this.credentials = null;
		this.state = "waiting";
		this.tell("refused", { kind, name, text: params[params.length - 1], code: verb === "FAIL" ? params[1] : verb });
		if (kind !== "password" || !this.enabled.has("chatapp/account")) return;
		this.lookingUp = name;
		this.send("ACCOUNT", name);
	}

	/** `ACCOUNT <name> known|unknown|closed`, or FAIL: after a refused sign-in, whether there is such an account. */
	onAccount(answer) {
		if (this.lookingUp) this.tell("lookup", { name: this.lookingUp, answer });
		this.lookingUp = "";
	}

	onNoInvitation({ params }) {
		if (params[0] === "ACCOUNT") this.onAccount("closed");
		if (params[0] !== "INVITATION") return;
		this.code = "";
		this.tell("invitation-refused", { text: params[params.length - 1] });
	}

	onRegister(message) {
		if (message.params[0] === "SUCCESS") this.onSuccess();
		else this.tell("unusable", { text: `The account is made, but there is more to do: ${textOf(message)}` });
	}

	/** Takes the text of ERROR, which ends the connection; returns whether it concerns the sign-in. */
	ended(text) {
		const isGone = /^(You are banned|Your account was removed)/.test(text);
		const isOut = /^The (password of your account|token of this connection) was/.test(text);
		if (isGone && !this.banned) this.tell("gone", { text });
		if (isOut) this.tell("signed-out", { text });
		return isGone || isOut || this.banned;
	}
}

const TABLE = {
	"offers CAP": (it, message) => it.onOffers(message),
	"asked CAP": (it, message) => it.onAnswer(message),
	"waiting INVITATION": (it, message) => it.onInvitation(message),
	"waiting ACCOUNT": (it, { params }) => it.onAccount(params[1]),
	"waiting FAIL": (it, message) => it.onNoInvitation(message),
	"sasl 903": (it) => it.onSuccess(),
	"register REGISTER": (it, message) => it.onRegister(message),
	"ending 001": (it) => { it.state = "done"; },
};
const REFUSALS = { sasl: ["902", "904", "905", "906", "432", "433", "FAIL"], register: ["421", "432", "433", "451", "FAIL"], ending: ["432", "433"] };
for (const [state, verbs] of Object.entries(REFUSALS)) {
	for (const verb of verbs) TABLE[`${state} ${verb}`] = (it, message) => it.onRefused(message);
}
