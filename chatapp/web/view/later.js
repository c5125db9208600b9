// What the page loads after the first messages: the dialogs and the commands.

import * as commands from "../commands.js";
import * as emoji from "../emoji.js";
import * as account from "./account.js";
import * as dialogs from "./dialogs.js";

export const DIALOGS = { ...dialogs, ...account };
export { commands, emoji };
