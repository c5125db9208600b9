// What the browser keeps: the device token and drafts (localStorage), and the newest messages (IndexedDB).
//
// Everything is bounded, belongs to one account, and is deleted at sign-out. Only a tab that stays signed in as the account
// that is kept (`stays`) writes it or deletes it; another tab may sign in as somebody else. Where the browser keeps nothing
// (a private window), the page works without it. The password is never kept.

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

let own = null; // the account as which this tab stays signed in
let drafts = new Map(); // of a tab that does not stay signed in, until it is closed; `settings` likewise
let settings = {};

function draftsNow() {
	return store.stays ? new Map(Object.entries(readKey(DRAFTS, {}))) : drafts;
}

function wipe() {
	for (const key of [DRAFTS, SETTINGS]) writeKey(key, null);
	return window.early.inBase("readwrite", (state) => state.clear());
}

function kept(message) {
	return { ...message, text: message.text.slice(0, KEPT_CHARACTERS_MAX), reactions: message.reactions.slice(0, 20) };
}

export const store = {
	/** The account that the browser keeps: {name, token, id, known}; null if there is none. */
	account: () => readKey(ACCOUNT, null),

	get own() {
		return own;
	},

	/** Whether this tab stays signed in: the browser still keeps the token that this tab has. */
	get stays() {
		return own !== null && store.account()?.token === own.token;
	},

	/** Takes the account that the browser keeps as that of this tab, and returns it. */
	begin() {
		own = store.account();
		return own;
	},

	/**
	 * Keeps an account, as that of this tab, with the drafts and settings of this tab; what belongs to another account goes.
	 * At no time there is no account.
	 */
	keepAccount(value) {
		if (store.account()?.name !== value.name) {
			wipe();
			writeKey(SETTINGS, settings);
			writeKey(DRAFTS, Object.fromEntries(drafts));
		}
		own = value;
		writeKey(ACCOUNT, value);
	},

	/** From now on this tab writes nothing; returns what deletes all that is kept of its account. */
	leave() {
		const token = own?.token;
		own = null;
		drafts = new Map();
		settings = {};
		return async () => {
			if (!token || store.account()?.token !== token) return;
			writeKey(ACCOUNT, null);
			await wipe();
		};
	},

	/** Deletes, if the account has been signed out in another tab, what this tab has written meanwhile; tells whether it was. */
	async isGone() {
		if (!own || store.account()) return false;
		own = null;
		await wipe();
		return true;
	},

	// Tokens of accounts that have signed out here, and that the server has not been told yet to revoke.
	revoked: () => readKey(REVOKED, []),
	keepRevoked: (all) => writeKey(REVOKED, all.length ? all.slice(-REVOKED_MAX) : null),

	settings: () => (store.stays ? readKey(SETTINGS, {}) : settings),

	keepSettings(value) {
		settings = value;
		if (store.stays) writeKey(SETTINGS, value);
	},

	draft: (conversation) => draftsNow().get(conversation) ?? "",

	keepDraft(conversation, text) {
		const others = [...draftsNow()].filter(([name]) => name !== conversation);
		if (text.trim()) others.push([conversation, text.slice(0, DRAFT_CHARACTERS_MAX)]);
		drafts = new Map(others.slice(-DRAFTS_MAX));
		if (store.stays) writeKey(DRAFTS, Object.fromEntries(drafts));
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
			removed: [...invitations.all.values()].filter(({ removed }) => removed).map(({ channel, time }) => ({ channel, time })),
			conversations: newest.slice(0, KEPT_CONVERSATIONS_MAX).map(({ name, topic, marker, last, unread, mentions, since, gone, history }) => ({
				name, topic, marker, last, unread, mentions, since, gone,
				messages: history.atEnd ? history.messages.filter((each) => each.id && !each.deleted).slice(-KEPT_MESSAGES_MAX).map(kept) : [],
			})),
		};
		return window.early.inBase("readwrite", (state) => state.put(record, "last"));
	},
};
