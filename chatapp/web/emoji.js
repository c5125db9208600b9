// Pure: the emoji that the composer completes after a colon, and offers as reactions.

export const QUICK = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"];

const TABLE = `grinning 😀 smile 😄 grin 😁 laughing 😆 sweat_smile 😅 joy 😂 rofl 🤣 slight_smile 🙂 upside_down 🙃 wink 😉
blush 😊 innocent 😇 heart_eyes 😍 star_struck 🤩 kissing_heart 😘 yum 😋 tongue 😛 zany 🤪 hug 🤗 shush 🤫 thinking 🤔
zipper 🤐 raised_eyebrow 🤨 neutral 😐 expressionless 😑 smirk 😏 unamused 😒 rolling_eyes 🙄 grimacing 😬 relieved 😌
pensive 😔 sleepy 😪 sleeping 😴 mask 😷 sick 🤢 sneezing 🤧 hot 🥵 cold 🥶 dizzy 😵 mind_blown 🤯 cowboy 🤠 party 🥳
sunglasses 😎 nerd 🤓 confused 😕 worried 😟 frowning 🙁 open_mouth 😮 astonished 😲 flushed 😳 pleading 🥺 fearful 😨
cry 😢 sob 😭 scream 😱 tired 😫 yawn 🥱 angry 😠 rage 😡 skull 💀 poop 💩 clown 🤡 ghost 👻 alien 👽 robot 🤖
wave 👋 ok_hand 👌 pinch 🤏 victory ✌️ crossed_fingers 🤞 call_me 🤙 point_left 👈 point_right 👉 point_up 👆
point_down 👇 thumbsup 👍 thumbsdown 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 handshake 🤝 pray 🙏 writing ✍️
muscle 💪 ear 👂 eyes 👀 brain 🧠 facepalm 🤦 shrug 🤷 heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚
blue_heart 💙 purple_heart 💜 black_heart 🖤 broken_heart 💔 sparkles ✨ star ⭐ fire 🔥 boom 💥 hundred 💯 zzz 💤
dog 🐶 cat 🐱 mouse 🐭 fox 🦊 bear 🐻 panda 🐼 unicorn 🦄 bee 🐝 bug 🐛 turtle 🐢 snail 🐌 penguin 🐧 bird 🐦 whale 🐳
tree 🌳 cactus 🌵 flower 🌸 rose 🌹 sunflower 🌻 sun ☀️ moon 🌙 cloud ☁️ rain 🌧️ snow ❄️ rainbow 🌈 umbrella ☔ zap ⚡
apple 🍎 banana 🍌 strawberry 🍓 avocado 🥑 bread 🍞 cheese 🧀 pizza 🍕 burger 🍔 fries 🍟 sushi 🍣 cake 🍰 cookie 🍪
coffee ☕ tea 🍵 beer 🍺 wine 🍷 cheers 🥂 football ⚽ basketball 🏀 trophy 🏆 medal 🏅 guitar 🎸 music 🎵 art 🎨 game 🎮
dice 🎲 car 🚗 bike 🚲 train 🚆 plane ✈️ rocket 🚀 house 🏠 school 🏫 office 🏢 tent ⛺ watch ⌚ phone 📱 laptop 💻
keyboard ⌨️ camera 📷 tv 📺 bulb 💡 book 📖 books 📚 memo 📝 pencil ✏️ paperclip 📎 pin 📌 calendar 📅 chart 📈 mail 📧
package 📦 lock 🔒 key 🔑 hammer 🔨 wrench 🔧 gear ⚙️ link 🔗 magnet 🧲 pill 💊 gift 🎁 balloon 🎈 tada 🎉 bell 🔔
mega 📣 speech 💬 thought 💭 hourglass ⏳ alarm ⏰ check ✅ x ❌ warning ⚠️ question ❓ exclamation ❗ plus ➕ no_entry ⛔
recycle ♻️ infinity ♾️ arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ new 🆕 sos 🆘 flag 🏁`;

const EMOJI = Object.fromEntries([...TABLE.matchAll(/(\S+) (\S+)/g)].map(([, name, emoji]) => [name, emoji]));

/** Returns up to `max` [name, emoji] whose name has a text, those that begin with it first. */
export function matching(text, max = 8) {
	const names = Object.keys(EMOJI).filter((name) => name.includes(text));
	names.sort((one, other) => Number(other.startsWith(text)) - Number(one.startsWith(text)));
	return names.slice(0, max).map((name) => [name, EMOJI[name]]);
}

// Code, a link, or a name. A link is looked for where a word begins, so that each word is looked at once.
const KEPT_OR_NAME = /```[^]*?(?:```|$)|`[^\x60\n]*`|(?<!\S)\S*:\/\/\S*|(?<![\w:]):([a-z_]+):(?!\w)/g;

/** Replaces `:name:` in a text by its emoji, but not in code or in a link. */
export function replaceNames(text) {
	return text.replace(KEPT_OR_NAME, (whole, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole));
}
