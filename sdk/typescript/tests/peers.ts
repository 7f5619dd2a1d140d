/** Real servers on loopback, scripted by a test: a tiny gateway, and an HTTP service. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcp, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Room } from "../src/protocol.gen.ts";
import { ready } from "./making.ts";

interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly key?: string;
}

/** Values that come one by one, to be waited for. */
export class Queue<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  put(value: T): void {
    const first = this.#waiting.shift();
    if (first) first(value);
    else this.#values.push(value);
  }

  async next(): Promise<T> {
    const value = this.#values.shift();
    return value ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wait for the first value that `fits`, passing over others. */
  async find(fits: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await this.next();
      if (fits(value)) return value;
    }
  }
}

function port(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** One connection, as the server's side sees it. */
export class Link {
  readonly #frames = new Queue<Frame>();
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#frames.put(JSON.parse(String(data))));
    this.closed = new Promise((resolve) => socket.on("close", resolve));
  }

  /** Give the next frame of a type, passing over others. */
  async receive(type: string): Promise<Frame> {
    return this.#frames.find((frame) => frame.type === type);
  }

  send(...frames: object[]): void {
    for (const frame of frames) this.#socket.send(JSON.stringify(frame));
  }

  /** Take a hello and answer that it is ready; give the hello. */
  async greet(...rooms: Room[]): Promise<Frame> {
    const hello = await this.receive("hello");
    this.send(ready(rooms));
    return hello;
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  /** Break the connection without a close frame. */
  abort(): void {
    this.#socket.terminate();
  }
}

/** A gateway that does nothing by itself. */
export class Gateway {
  readonly links = new Queue<Link>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => this.links.put(new Link(socket)));
  }

  static async start(): Promise<Gateway> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    const gateway = new Gateway(server);
    await new Promise((resolve) => server.on("listening", resolve));
    return gateway;
  }

  get port(): number {
    return port(this.#server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A network between a client and a server, which can vanish without a word and come back. */
export class Network {
  gone = false;
  readonly #server: ReturnType<typeof createTcp>;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createTcp((near) => {
      const far = connect(to, "127.0.0.1");
      const path = [
        [near, far],
        [far, near],
      ] as const;
      for (const [from, into] of path) {
        this.#sockets.add(from);
        // What is sent while the network is gone goes nowhere; so does the end of a connection.
        from.on("data", (data) => this.gone || into.destroyed || into.write(data));
        from.on("close", () => this.gone || into.destroy());
        from.on("error", () => {});
      }
    });
  }

  static async to(port: number): Promise<Network> {
    const network = new Network(port);
    await new Promise<void>((resolve) => network.#server.listen(0, "127.0.0.1", resolve));
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${port(this.#server)}`;
  }

  /** End every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What was asked of an HTTP service. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/** What it answers: nothing at all with status 0. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
}

/** An HTTP service that answers as `respond` says, and keeps what it was asked. */
export class Service {
  readonly asked: Asked[] = [];
  respond: (asked: Asked) => Answer | Promise<Answer> = () => ({});
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const asked: Asked = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: text === "" || text.startsWith("--") ? text || undefined : JSON.parse(text),
      };
      this.asked.push(asked);
      const answer = await this.respond(asked);
      if (answer.status === 0) {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
    });
  }

  static async start(): Promise<Service> {
    const service = new Service();
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${port(this.#server)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
