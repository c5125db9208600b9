// What the browser keeps: the device token and drafts (localStorage), and the newest messages (IndexedDB).
//
// Everything is bounded, belongs to one account, and is deleted at sign-out. Where the browser keeps nothing (a private
// window), the page works without it. The password is never kept.

const VERSION = 1; // of the form of what is kept
const ACCOUNT = "chatapp.account"; // {name, token, id}
const DRAFTS = "chatapp.drafts"; // conversation -> text
const SETTINGS = "chatapp.settings";
const REVOKED = "chatapp.revoked"; // [{name, token, id}, ...]
const REVOKED_MAX = 5;
const KEPT_CONVERSATIONS_MAX = 100;
const KEPT_MESSAGES_MAX = 50; // of one conversation
const KEPT_UNSENT_MAX = 100;
const KEPT_CHARACTERS_MAX = 4000;
const DRAFTS_MAX = 50;
const DRAFT_CHARACTERS_MAX = 20000;

function readKey(key, otherwise) {
	try {
		return JSON.parse(localStorage.getItem(key)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

function writeKey(key, value) {
	try {
		if (value === null) localStorage.removeItem(key);
		else localStorage.setItem(key, JSON.stringify(value));
	} catch {
		// The browser keeps nothing.
	}
}

let drafts = readKey(DRAFTS, {});

function kept(message) {
	return { ...message, text: message.text.slice(0, KEPT_CHARACTERS_MAX), reactions: message.reactions.slice(0, 20) };
}

export const store = {
	account: () => readKey(ACCOUNT, null),
	keepAccount: (value) => writeKey(ACCOUNT, value),
	isAccountKey: (key) => key === ACCOUNT || key === null,

	// Tokens of accounts that have signed out here, and that the server has not been told yet to revoke.
	revoked: () => readKey(REVOKED, []),
	keepRevoked: (all) => writeKey(REVOKED, all.length ? all.slice(-REVOKED_MAX) : null),

	settings: () => readKey(SETTINGS, {}),
	keepSettings: (value) => writeKey(SETTINGS, value),

	draft: (conversation) => drafts[conversation] ?? "",

	/** Keeps a draft; where we do not stay signed in, only until the page is closed. */
	keepDraft(conversation, text, stays) {
		const others = Object.entries(drafts).filter(([name]) => name !== conversation);
		if (text.trim()) others.push([conversation, text.slice(0, DRAFT_CHARACTERS_MAX)]);
		drafts = Object.fromEntries(others.slice(-DRAFTS_MAX));
		if (stays) writeKey(DRAFTS, drafts);
	},

	/** Returns what was kept of an account, for Session.restore(); undefined if there is nothing. */
	async load(name) {
		const found = await window.early.kept; // as it was when the page was opened
		window.early.kept = null;
		return found?.name === name && found.version === VERSION ? found : undefined;
	},

	/** Keeps the newest messages of the conversations, and the messages that the server has not stored yet. */
	save({ nick, announced, conversations, outbox, invitations }) {
		const newest = [...conversations.all.values()].sort((one, other) => other.isChannel - one.isChannel || other.last - one.last);
		const record = {
			version: VERSION, name: nick, tokens: announced.tokens,
			outbox: outbox.entries.slice(0, KEPT_UNSENT_MAX),
			removed: [...invitations.values()].filter(({ removed }) => removed).map(({ channel, time }) => ({ channel, time })),
			conversations: newest.slice(0, KEPT_CONVERSATIONS_MAX).map(({ name, topic, marker, last, unread, mentions, since, gone, history }) => ({
				name, topic, marker, last, unread, mentions, since, gone,
				messages: history.atEnd ? history.messages.filter((each) => each.id && !each.deleted).slice(-KEPT_MESSAGES_MAX).map(kept) : [],
			})),
		};
		return window.early.inBase("readwrite", (state) => state.put(record, "last"));
	},

	/** Deletes everything that the page keeps of the account. */
	clear() {
		drafts = {};
		for (const key of [ACCOUNT, DRAFTS, SETTINGS]) writeKey(key, null);
		return window.early.inBase("readwrite", (state) => state.clear());
	},
};
