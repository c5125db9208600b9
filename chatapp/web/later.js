// What the page loads after the first messages: the dialogs, the commands, the emoji, and what Back does.

import { find, run } from "./commands.js";
import { matching, replaceNames } from "./emoji.js";
import { revoke } from "./revoke.js";
import { ACCOUNT_DIALOGS } from "./view/account.js";
import { Back } from "./view/back.js";
import { CHANNEL_DIALOGS } from "./view/dialogs.js";

export const later = { dialogs: { ...CHANNEL_DIALOGS, ...ACCOUNT_DIALOGS }, find, run, matching, replaceNames, revoke, Back };
