// Pure: the settings that a server announces (RPL_ISUPPORT), as far as the page uses them.

const USED = ["CHANMODES", "CHATHISTORY", "LOBBY", "NETWORK", "PREFIX"];

export class Announced {
	constructor() {
		this.tokens = {};
	}

	/** Takes the parameters of RPL_ISUPPORT: our nick, the tokens, and a text for people. */
	take(params) {
		for (const token of params.slice(1, -1)) {
			const [name, ...value] = token.split("=");
			if (USED.includes(name)) this.tokens[name] = unescapeHex(value.join("="));
			else if (name[0] === "-") delete this.tokens[name.slice(1)];
		}
	}

	get lobby() {
		return this.tokens.LOBBY ?? "";
	}

	get network() {
		return this.tokens.NETWORK ?? "";
	}

	get page() {
		return Number.parseInt(this.tokens.CHATHISTORY, 10) || 1000;
	}

	/** The mode letter of each role -> its prefix, the highest role first. Spec: modern-irc, "PREFIX Parameter". */
	get roles() {
		const [, letters = "", prefixes = ""] = /^\(([^)]*)\)(.*)$/.exec(this.tokens.PREFIX ?? "(qaohv)~&@%+") ?? [];
		return Object.fromEntries([...letters].map((letter, at) => [letter, prefixes[at]]).filter(([, prefix]) => prefix));
	}

	/** Returns the changes of a MODE line: {on, mode, parameter}. Spec: modern-irc, "CHANMODES Parameter". */
	changes(modes, parameters) {
		const [lists = "", always = "", setting = ""] = (this.tokens.CHANMODES ?? "beI,k,l,imnst").split(",");
		const withParameter = lists + always + Object.keys(this.roles).join("");
		const left = [...parameters];
		const found = [];
		let on = true;
		for (const mode of modes) {
			if (mode === "+" || mode === "-") {
				on = mode === "+";
				continue;
			}
			const takes = withParameter.includes(mode) || (on && setting.includes(mode));
			found.push({ on, mode, parameter: takes ? (left.shift() ?? "") : "" });
		}
		return found;
	}
}

/** Spec: modern-irc, RPL_ISUPPORT: "\xHH". */
function unescapeHex(value) {
	return value.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
