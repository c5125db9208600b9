// Pure: collects the lines of batches, and matches answers to requests.
//
// A message of several lines (a `draft/multiline` batch) becomes one line, with "\n" in its text. A page of history
// inside a labelled answer is a page of history.
//
// Spec: IRCv3 batch; IRCv3 labeled-response; IRCv3 draft/multiline.

export const OFFLINE = "There is no connection. Try again when it is back."; // in the place of an answer
const BATCHES_MAX = 64;
const BATCH_LINES_MAX = 20000; // of one batch
const MULTILINE = "draft/multiline";
const CONCAT = "draft/multiline-concat";
const NOT_ERRORS = ["422", "900", "901", "903"];
const ALSO_ERRORS = ["263", "691", "696", "697", "698", "712", "713", "714", "723", "734", "972"];

/** Tells whether a line refuses something. */
export function isError({ verb }) {
	return verb === "FAIL" || ALSO_ERRORS.includes(verb) || (/^(4\d\d|5\d\d|90\d)$/.test(verb) && !NOT_ERRORS.includes(verb));
}

/** Returns the code of a FAIL, or the numeric. */
export function codeOf({ verb, params }) {
	return verb === "FAIL" ? (params[1] ?? "") : verb;
}

/**
 * Returns the words of a refusal. Spec: modern-irc, ERR_USERONCHANNEL (443): "<client> <nick> <channel> :is already on
 * channel"; ERR_UNKNOWNMODE (472): "<client> <modechar> :is unknown mode char to me".
 */
export function textOf({ verb, params }) {
	const text = params.length ? params[params.length - 1] : verb;
	return (verb === "443" || verb === "472") && text.startsWith("is ") ? `${params[1]} ${text}` : text;
}

/** Returns the first line of a reply that refuses the request, or undefined. */
export function errorOf(reply) {
	return reply.messages.find(isError);
}

export class Batches {
	constructor() {
		this.open = new Map();
	}

	/** Returns a single line as a reply {kind, label, messages}, or the batch that the line ends; null inside a batch. */
	take(message) {
		if (message.verb === "BATCH") return this.#bracket(message);
		const within = this.open.get(message.tags.batch ?? "");
		if (!within) return { kind: "", label: message.tags.label ?? "", messages: [message] };
		if (within.messages.length < BATCH_LINES_MAX) within.messages.push(message);
		return null;
	}

	#bracket(message) {
		const [reference = "", kind = ""] = message.params;
		const name = reference.slice(1);
		if (reference[0] === "+") {
			if (this.open.size >= BATCHES_MAX) this.open.delete(this.open.keys().next().value);
			const { label = "", batch: parent = "" } = message.tags;
			this.open.set(name, { kind, label, messages: [], parent, begin: message, ended: "draft/chathistory-end" in message.tags });
			return null;
		}
		const closed = this.open.get(name);
		if (!closed) return null;
		this.open.delete(name);
		if (closed.kind === MULTILINE) Object.assign(closed, { kind: "", messages: joined(closed) });
		const outer = this.open.get(closed.parent);
		if (!outer) return closed;
		outer.messages.push(...closed.messages);
		outer.ended ||= closed.ended;
		if (outer.kind === "labeled-response" && closed.kind) outer.kind = closed.kind;
		return null;
	}

	clear() {
		this.open.clear();
	}
}

/** Returns the message of a multiline batch. The tags of the batch are those of its message. */
function joined({ begin, messages }) {
	const lines = messages.filter(({ verb }) => verb === "PRIVMSG" || verb === "NOTICE");
	if (!lines.length) return [];
	const text = lines.map((line, at) => (at && !(CONCAT in line.tags) ? "\n" : "") + (line.params[1] ?? "")).join("");
	return [{ ...lines[0], tags: begin.tags, source: begin.source || lines[0].source, nick: begin.nick || lines[0].nick, params: [lines[0].params[0], text] }];
}

/** The labelled requests that have no answer yet. */
export class Questions {
	constructor() {
		this.count = 0;
		this.open = new Map();
	}

	/** Returns the next label; `onReply` is to get the answer to the request with this label. */
	label(onReply) {
		this.count += 1;
		this.open.set(String(this.count), onReply);
		return String(this.count);
	}

	take(reply) {
		const found = this.open.get(reply.label);
		this.open.delete(reply.label);
		return found;
	}

	/** Gives each `onReply` nothing in the place of an answer: the connection has ended. */
	clear() {
		const waiting = [...this.open.values()];
		this.open.clear();
		for (const onReply of waiting) onReply();
	}
}
