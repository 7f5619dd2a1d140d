// Socket.IO 4 with its Redis adapter, as its documentation has it for more than one process.
// socketio.mjs PORT REDIS_URL
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [, , port, redis] = process.argv;
const publishing = createClient({ url: redis });
const subscribed = publishing.duplicate();
await Promise.all([publishing.connect(), subscribed.connect()]);
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publishing, subscribed),
  transports: ["websocket"],
  perMessageDeflate: false,
});
io.on("connection", (socket) => {
  socket.on("join", (room) => socket.join(room));
  socket.on("say", (room, text) => io.to(room).emit("said", text));
});
http.listen(Number(port), "127.0.0.1", () => console.log("ready"));
