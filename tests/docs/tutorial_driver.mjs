// Drives the client of docs/tutorial/client.md: a command a line comes in, an event a line goes out.
// node tutorial_driver.mjs MODULE URL USERNAME PASSWORD
import { createInterface } from "node:readline";

const [module, url, username, password] = process.argv.slice(2);
const { Chat } = await import(module);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let last;
const chat = new Chat(url, (frame) => say((last = frame)));
const commands = {
  register: () => chat.register(username, password),
  signIn: () => chat.signIn(username, password),
  connect: () => chat.connect(),
  create: (name) => chat.api("POST", "/v1/rooms", { kind: "public", name }),
  rooms: () => chat.api("GET", "/v1/rooms"),
  send: (room, text) => chat.send(room, text),
  repeat: () => chat.take(last), // as if the last frame came a second time
  hurry: () => Object.assign(chat, { heartbeat: 300, patience: 300 }),
  expire: () => Object.assign(chat.tokens, { access_token: "a.b.c" }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const [id, name, ...words] = JSON.parse(line);
  Promise.resolve(commands[name](...words)).then(
    (result) => say({ answer: id, result: name === "create" || name === "rooms" ? result : null }),
    (error) => say({ answer: id, code: error.code ?? String(error) }),
  );
}
process.exit(0);
