import { Api, Client, MemorySession } from "parley-sdk";

const { PARLEY_URL: url = "http://127.0.0.1:8080" } = process.env;
const session = new MemorySession(url);
await session.register(`ada-${Date.now()}`, "correct horse battery");
const room = await new Api(url, session).createRoom({ kind: "public", name: "Hello" });
const client = new Client(url, session, {
  onState: ({ state }) => console.log(state),
  onEvent: (event) => {
    if (event.type === "message") console.log(`${event.sender_name}: ${event.text}`);
    if (event.type === "message" && event.text === "Bye") client.close();
  },
});
client.connect();
const { seq } = await client.send(room.id, "Hello, room").result; // durable, and in its place
client.markRead(room.id, seq);
client.send(room.id, "Bye").result.catch(() => {}); // closed before its answer, perhaps
