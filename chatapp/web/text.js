// Pure: turns the text of a message into a tree of plain objects, which the view turns into text nodes and elements.
//
// A node is {type: "text" | "link" | "code" | "block" | "mention", text} or {type: "em", nodes}. A link also has `href`,
// which is always http or https, and `host` if its text does not show to which host it leads. What is not recognized
// stays text.

export const NODES_MAX = 400; // of one message; the rest is one text
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029]|\u0003(\d{1,2}(,\d{1,2})?)?/g;
const COLOUR = /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?/g;
// Embeddings, overrides and isolates: a message is isolated as a whole by the view, and needs none of these.
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;
const MANY_MARKS = /(\p{M}{8})\p{M}+/gu; // on one letter; no language needs more than eight
const LONE_MARK = /(^|\s)(?=\p{M})/gmu;
const UNSEEN = /^[\s\u2800\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u; // \u2800 is the empty Braille pattern
export const BLANK = "(nothing that can be seen)";
const FENCE = /^```[^\n\x60]*\n?/gm;
const FENCE_END = /\n?```$/gm;
const PIECE = /(`[^\x60\n]+`)|(https?:\/\/[^\s<>"\u00a0]{1,2000})|(?<![\w*])\*(?![\s*])([^*\n]*[^\s*])\*(?![\w*])|([@#]?[^\s@#*\x60<>()"'.,:;!?]+)/giu;

/**
 * Returns a text without control characters and formatting codes; `\n` stays. A letter keeps a few combining marks, and
 * a mark without a letter gets a circle to stand on.
 */
export function plain(text) {
	const clean = text.replace(/\r\n?/g, "\n").replace(COLOUR, "").replace(CONTROL, "").replace(BIDI, "");
	return clean.replace(MANY_MARKS, "$1").replace(LONE_MARK, "$1\u25cc");
}

/** Tells whether there is nothing to see in a text. */
export function isUnseen(text) {
	return UNSEEN.test(text.replace(COLOUR, ""));
}

/** Returns the nodes of a text; `isMention(word)` tells which words are names to show as a mention. */
export function parseText(text, isMention = () => false) {
	const whole = plain(text);
	const nodes = [];
	let from = 0;
	while (nodes.length < NODES_MAX) {
		FENCE.lastIndex = from;
		const begin = FENCE.exec(whole);
		const inside = FENCE_END.lastIndex = FENCE.lastIndex;
		const end = begin && FENCE_END.exec(whole);
		if (!end) break; // and none for a later fence
		inline(whole.slice(from, begin.index), nodes, isMention);
		nodes.push({ type: "block", text: whole.slice(inside, end.index) });
		from = FENCE_END.lastIndex + (whole[FENCE_END.lastIndex] === "\n");
	}
	inline(whole.slice(from), nodes, isMention);
	return nodes;
}

function inline(text, nodes, isMention) {
	let from = 0;
	const push = (until) => {
		if (until > from) addText(nodes, text.slice(from, until));
	};
	for (const found of text.matchAll(PIECE)) {
		if (nodes.length >= NODES_MAX) break;
		let node = null;
		let length = found[0].length;
		if (found[1]) node = { type: "code", text: found[1].slice(1, -1) };
		else if (found[2]) {
			node = link(found[2]);
			length = node ? node.text.length : length;
		} else if (found[3] !== undefined) {
			const inner = [];
			inline(found[3], inner, isMention);
			node = { type: "em", nodes: inner };
		} else if (isMention(found[4])) node = { type: "mention", text: found[4] };
		if (!node || found.index < from) continue;
		push(found.index);
		nodes.push(node);
		from = found.index + length;
	}
	push(text.length);
}

function addText(nodes, text) {
	const last = nodes[nodes.length - 1];
	if (last && last.type === "text") last.text += text;
	else nodes.push({ type: "text", text });
}

/**
 * Returns the link that a text begins with; null if it is not a URL. Punctuation at its end is not part of it.
 *
 * The URL does not keep a name and a password, which could look like the host. `host` is set if the text shows another
 * host than that to which a browser goes: after a name (https://bank.example@evil.example), in other letters (as in IDNA,
 * https://b\u0430nk.example), or in another form (https://0x7f.1).
 */
function link(text) {
	let end = text.length;
	let closing = text.split(")").length - text.split("(").length;
	for (;; end -= 1) {
		const last = text[end - 1];
		if (last === ")" && closing > 0) closing -= 1;
		else if (!".,:;!?'\"*_~]}".includes(last)) break;
	}
	const shown = text.slice(0, end);
	let url;
	try {
		url = new URL(shown);
	} catch {
		return null;
	}
	if (!["http:", "https:"].includes(url.protocol) || !url.hostname) return null;
	const [, written] = /^https?:\/\/([^/?#]*)/i.exec(shown) ?? [];
	const hosts = [url.host, `${url.host}:${url.protocol === "http:" ? 80 : 443}`];
	url.username = url.password = "";
	return { type: "link", href: url.href, text: shown, host: hosts.includes(written?.toLowerCase()) ? "" : url.host };
}

/** Returns the plain words of nodes, as a screen reader or a notification says them. */
export function words(text, max = 200) {
	const line = text && isUnseen(text) ? BLANK : plain(text).replace(/\s+/g, " ").trim();
	return line.length > max ? `${[...line.slice(0, max)].slice(0, -1).join("")}…` : line;
}

/** Tells whether a text has a nick in it as a whole word, in upper or lower case. */
export function isMentioned(text, nick) {
	if (!nick) return false;
	const escaped = nick.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped}(?![\\p{L}\\p{N}_-])`, "iu").test(text);
}
