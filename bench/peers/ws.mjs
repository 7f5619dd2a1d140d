// Node.js `ws`: a room is a path; what one says is sent to everybody in the room.
// ws.mjs PORT
import { WebSocketServer } from "ws";

const rooms = new Map();
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  perMessageDeflate: false,
});
server.on("connection", (socket, request) => {
  const members = rooms.get(request.url) ?? new Set();
  rooms.set(request.url, members.add(socket));
  socket.on("message", (data, isBinary) => {
    for (const member of members) member.send(data, { binary: isBinary });
  });
  socket.on("close", () => members.delete(socket));
  socket.on("error", () => socket.terminate());
});
server.on("listening", () => console.log("ready"));
