// The browser's Back: on a small screen it closes what lies over the conversation, or else shows the list of conversations.

export class Back {
	constructor(app) {
		this.app = app;
		this.leaves = false; // history.back() was called, and is not done yet
		addEventListener("popstate", () => this.#went());
		for (const type of ["toggle", "close"]) document.addEventListener(type, () => this.follow(), true); // of a dialog
		this.follow();
	}

	/** Follows what is shown: on a small screen, a conversation or a dialog is one step further than the list. */
	follow() {
		if (this.leaves || this.#isOver === Boolean(history.state)) return;
		this.leaves = !this.#isOver;
		if (this.leaves) history.back();
		else history.pushState(true, "");
	}

	get #isOver() {
		const { shell, ui } = this.app;
		return Boolean(shell?.isSmall && (ui.screen === "chat" || document.querySelector("dialog[open]")));
	}

	#went() {
		const { app } = this;
		const dialog = document.querySelector("dialog[open]");
		if (!this.leaves && !history.state && this.#isOver) {
			if (dialog) dialog.close();
			else if (app.shell.panel.covers) app.shell.panel.toggle(false);
			else app.list();
		}
		this.leaves = false;
		this.follow();
	}
}
