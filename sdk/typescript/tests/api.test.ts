/** HTTP: what is asked, and what each kind of answer becomes. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { call } from "../src/http.ts";
import { Api, FixedToken, newKey, ProblemError, type TokenSource } from "../src/index.ts";
import { keyMs } from "../src/uuid7.ts";
import { message, room } from "./making.ts";
import { type Answer, Service } from "./peers.ts";

const USER = { id: "u1", username: "ada", display_name: "Ada", avatar: null };
const SANCTION = { user: USER, by: USER, reason: "spam", until_ms: null, created_ms: 5 };
const DEED = { ts: 5, by: USER, action: "room.updated", user: null, detail: { archived: true } };
const PAGE = { messages: [], more: false, as_of_seq: 7, events: [] };
const { type: _, ...SAID } = message(7);
const STORED = { ...SAID, reactions: [] };
const INVITE = {
  code: "c1",
  url: "http://parley/invite/c1",
  room: "r1",
  by: USER,
  created_ms: 5,
  expires_ms: 9,
  uses_left: null,
};
const WEBHOOK = {
  id: "w1",
  room: "r1",
  kind: "incoming",
  name: "CI",
  by: USER,
  created_ms: 5,
  url: null,
  failing_since_ms: null,
  reason: null,
  disabled_ms: null,
};
const LETTER = { seq: 7, reason: "it answered 500", failed_ms: 5 };
const MADE = { webhook: WEBHOOK, secret: "s", url: "http://parley/v1/hooks/w1/s" };
const INVITATION = {
  room: { id: "r1", name: "General", topic: "", kind: "private", members: 2 },
  by: USER,
};
const PARTY = {
  name: "party",
  url: "http://parley/v1/emoji/pictures/p1",
  width: 128,
  height: 96,
  added_by: "u1",
  added_ms: 5,
};
const DEVICE = { id: "p1", label: "l", created_ms: 1, used_ms: 2, current: true };
const BROWSER = {
  endpoint: "https://push.example/x",
  keys: { p256dh: "a", auth: "b" },
  label: "l",
};
const SETTLED = { receipts: false, direct: "all" };

let service: Service;
let api: Api;
beforeEach(async () => {
  service = await Service.start();
  api = new Api(`${service.url}/`, new FixedToken("token"));
});
afterEach(async () => service.stop());

/** What was asked of the service by one call that it answers so. */
async function asked(answer: unknown, make: () => Promise<unknown>): Promise<unknown[]> {
  service.respond = () => (answer === undefined ? { status: 204 } : { body: answer });
  await make();
  const { method, url, body } = service.asked.at(-1) ?? {};
  return body === undefined ? [method, url] : [method, url, body];
}

async function failure(answer: Answer): Promise<ProblemError> {
  service.respond = () => answer;
  return api.me().then(
    () => expect.fail("it was answered"),
    (error: unknown) => error as ProblemError,
  );
}

test("a key is as old as this machine's clock says", () => {
  const made = keyMs(newKey()) ?? 0;
  expect(Math.abs(Date.now() - made)).toBeLessThan(60_000);
  expect(newKey()).not.toBe(newKey());
});

describe("a call", () => {
  test("carries the token, and says that it takes JSON", async () => {
    await asked(USER, () => api.me());
    expect(service.asked[0]?.headers).toMatchObject({
      authorization: "Bearer token",
      accept: "application/json",
    });
    expect(service.asked[0]?.headers).not.toHaveProperty("content-type");
  });

  test("is the one its name says", async () => {
    const rooms = { rooms: [room()], next: "more" };
    const found: [unknown, () => Promise<unknown>, unknown[]][] = [
      [USER, () => api.me(), ["GET", "/v1/auth/me"]],
      [USER, () => api.setDisplayName("A"), ["PATCH", "/v1/auth/me", { display_name: "A" }]],
      [{ users: [USER] }, () => api.users(["u1", "u2"]), ["GET", "/v1/users?ids=u1%2Cu2"]],
      [{ users: [] }, () => api.searchUsers("a&b", 5), ["GET", "/v1/users/search?q=a%26b&limit=5"]],
      [{ presence: [] }, () => api.presence(["u1"]), ["GET", "/v1/presence?users=u1"]],
      [
        { room: "r1", members: 300, online: 12 },
        () => api.roomPresence("r1"),
        ["GET", "/v1/presence/rooms/r1"],
      ],
      [
        room(),
        () => api.createRoom({ kind: "public", name: "General" }),
        ["POST", "/v1/rooms", { kind: "public", name: "General" }],
      ],
      [rooms, () => api.myRooms({ cursor: "x" }), ["GET", "/v1/rooms?cursor=x"]],
      [rooms, () => api.publicRooms(), ["GET", "/v1/rooms/public"]],
      [rooms, () => api.publicRooms("ge", { limit: 2 }), ["GET", "/v1/rooms/public?q=ge&limit=2"]],
      [room(), () => api.room("r1"), ["GET", "/v1/rooms/r1"]],
      [
        room(),
        () => api.updateRoom("r1", { topic: "t" }),
        ["PATCH", "/v1/rooms/r1", { topic: "t" }],
      ],
      [undefined, () => api.deleteRoom("r1"), ["DELETE", "/v1/rooms/r1"]],
      [room(), () => api.join("r1"), ["POST", "/v1/rooms/r1/join"]],
      [undefined, () => api.leave("r1"), ["POST", "/v1/rooms/r1/leave"]],
      [
        STORED,
        () => api.post("r1", { key: "k", text: "hi" }),
        ["POST", "/v1/rooms/r1/messages", { key: "k", text: "hi" }],
      ],
      [STORED, () => api.message("r1", 7), ["GET", "/v1/rooms/r1/messages/7"]],
      [
        STORED,
        () => api.editMessage("r1", 7, "new"),
        ["PATCH", "/v1/rooms/r1/messages/7", { text: "new" }],
      ],
      [undefined, () => api.deleteMessage("r1", 7), ["DELETE", "/v1/rooms/r1/messages/7"]],
      [
        undefined,
        () => api.react("r1", 7, "👍"),
        ["PUT", "/v1/rooms/r1/messages/7/reactions/%F0%9F%91%8D"],
      ],
      [
        undefined,
        () => api.unreact("r1", 7, "#️⃣"),
        ["DELETE", "/v1/rooms/r1/messages/7/reactions/%23%EF%B8%8F%E2%83%A3"],
      ],
      [
        { reactions: [{ emoji: "👍", count: 1, me: true, users: [USER] }] },
        () => api.reactions("r1", 7),
        ["GET", "/v1/rooms/r1/messages/7/reactions"],
      ],
      [undefined, () => api.pin("r1", 7), ["PUT", "/v1/rooms/r1/messages/7/pin"]],
      [{ emoji: [PARTY], may_add: "admins" }, () => api.emoji(), ["GET", "/v1/emoji"]],
      [undefined, () => api.removeEmoji("party"), ["DELETE", "/v1/emoji/party"]],
      [undefined, () => api.removeAvatar(), ["DELETE", "/v1/media/avatars/me"]],
      [undefined, () => api.unpin("r1", 7), ["DELETE", "/v1/rooms/r1/messages/7/pin"]],
      [{ messages: [STORED] }, () => api.pins("r1"), ["GET", "/v1/rooms/r1/pins"]],
      [{ versions: [] }, () => api.edits("r1", 7), ["GET", "/v1/rooms/r1/messages/7/edits"]],
      [{ members: [] }, () => api.members("r1"), ["GET", "/v1/rooms/r1/members"]],
      [
        undefined,
        () => api.addMember("r1", "u2"),
        ["POST", "/v1/rooms/r1/members", { user: "u2", role: "member" }],
      ],
      [
        undefined,
        () => api.setRole("r1", "u2", "owner"),
        ["PATCH", "/v1/rooms/r1/members/u2", { role: "owner" }],
      ],
      [undefined, () => api.removeMember("r1", "u2"), ["DELETE", "/v1/rooms/r1/members/u2"]],
      [
        undefined,
        () => api.ban("r1", "u2", { reason: "spam", until_ms: 9 }),
        ["PUT", "/v1/rooms/r1/bans/u2", { reason: "spam", until_ms: 9 }],
      ],
      [undefined, () => api.unban("r1", "u2"), ["DELETE", "/v1/rooms/r1/bans/u2"]],
      [{ bans: [SANCTION] }, () => api.bans("r1"), ["GET", "/v1/rooms/r1/bans"]],
      [{ reason: "", until_ms: null }, () => api.ownBan("r1"), ["GET", "/v1/rooms/r1/bans/me"]],
      [undefined, () => api.mute("r1", "u2"), ["PUT", "/v1/rooms/r1/mutes/u2", {}]],
      [undefined, () => api.unmute("r1", "u2"), ["DELETE", "/v1/rooms/r1/mutes/u2"]],
      [{ mutes: [] }, () => api.mutes("r1", { limit: 1 }), ["GET", "/v1/rooms/r1/mutes?limit=1"]],
      [INVITE, () => api.invite("r1"), ["POST", "/v1/rooms/r1/invites", {}]],
      [INVITE, () => api.invite("r1", { uses: 1 }), ["POST", "/v1/rooms/r1/invites", { uses: 1 }]],
      [{ invites: [INVITE] }, () => api.invites("r1"), ["GET", "/v1/rooms/r1/invites"]],
      [undefined, () => api.revokeInvite("r1", "c1"), ["DELETE", "/v1/rooms/r1/invites/c1"]],
      [INVITATION, () => api.invitation("c1"), ["GET", "/v1/invites/c1"]],
      [
        MADE,
        () => api.makeWebhook("r1", { name: "CI" }),
        ["POST", "/v1/rooms/r1/webhooks", { name: "CI" }],
      ],
      [{ webhooks: [WEBHOOK] }, () => api.webhooks("r1"), ["GET", "/v1/rooms/r1/webhooks"]],
      [MADE, () => api.renewWebhook("r1", "w1"), ["POST", "/v1/rooms/r1/webhooks/w1/secret"]],
      [
        WEBHOOK,
        () => api.switchWebhook("r1", "w1", true),
        ["PATCH", "/v1/rooms/r1/webhooks/w1", { enabled: true }],
      ],
      [
        { dead_letters: [LETTER] },
        () => api.deadLetters("r1", "w1"),
        ["GET", "/v1/rooms/r1/webhooks/w1/dead-letters"],
      ],
      [
        { replayed: 1 },
        () => api.replayDeadLetters("r1", "w1", [7]),
        ["POST", "/v1/rooms/r1/webhooks/w1/dead-letters/replay", { seqs: [7] }],
      ],
      [
        { replayed: 0 },
        () => api.replayDeadLetters("r1", "w1"),
        ["POST", "/v1/rooms/r1/webhooks/w1/dead-letters/replay", {}],
      ],
      [undefined, () => api.removeWebhook("r1", "w1"), ["DELETE", "/v1/rooms/r1/webhooks/w1"]],
      [room(), () => api.joinByInvite("c1"), ["POST", "/v1/invites/c1/join"]],
      [{ receipts: [] }, () => api.receipts("r1"), ["GET", "/v1/rooms/r1/receipts"]],
      [SETTLED, () => api.settings(), ["GET", "/v1/settings"]],
      [
        SETTLED,
        () => api.settle({ receipts: false }),
        ["PATCH", "/v1/settings", { receipts: false }],
      ],
      [{ users: [USER] }, () => api.blocks(), ["GET", "/v1/blocks"]],
      [undefined, () => api.block("u2"), ["PUT", "/v1/blocks/u2"]],
      [undefined, () => api.unblock("u2"), ["DELETE", "/v1/blocks/u2"]],
      [
        { public_key: "BPk", devices: [DEVICE] },
        () => api.pushSettings(),
        ["GET", "/v1/notify/push"],
      ],
      [DEVICE, () => api.subscribePush(BROWSER), ["PUT", "/v1/notify/push", BROWSER]],
      [undefined, () => api.unsubscribePush("p1"), ["DELETE", "/v1/notify/push/p1"]],
      [{ entries: [DEED] }, () => api.audit("r1"), ["GET", "/v1/rooms/r1/audit"]],
      [
        PAGE,
        () => api.messages("r1", { before: 9, limit: 3 }),
        ["GET", "/v1/rooms/r1/messages?before=9&limit=3"],
      ],
      [
        { hits: [], next: "more" },
        () => api.search("tea & cake", { room: "r1", before: 9 }),
        ["GET", "/v1/search?q=tea+%26+cake&room=r1&before=9"],
      ],
      [
        { read_seq: 5, unread: 0, mentions: 0 },
        () => api.read("r1", 5),
        ["PUT", "/v1/rooms/r1/read", { seq: 5, back: false }],
      ],
      [
        { muted: true, notify: "all", favourite: false },
        () => api.prefer("r1", { muted: true }),
        ["PUT", "/v1/rooms/r1/preferences", { muted: true }],
      ],
    ];
    for (const [answer, make, call] of found) expect(await asked(answer, make)).toEqual(call);
  });

  test("that brings a file is a form", async () => {
    service.respond = () => ({ status: 201, body: PARTY });
    const picture = new Blob(["pixels"]);
    expect(await api.addEmoji("party", picture)).toEqual(PARTY);
    const [{ headers, body } = { headers: {}, body: "" }] = service.asked;
    expect(headers["content-type"]).toMatch("multipart/form-data; boundary=");
    expect(body).toMatch(/name="name"\r\n\r\nparty\r\n.*name="file".*\r\n\r\npixels\r\n/s);
    service.respond = () => ({ body: { ...USER, avatar: "p1" } });
    expect((await api.setAvatar(picture)).avatar).toBe("p1");
    expect(service.asked[1]).toMatchObject({ method: "PUT", url: "/v1/media/avatars/me" });
    expect(service.asked[1]?.body).toMatch(/name="file".*\r\n\r\npixels\r\n/s);
  });

  test("that makes a room may carry a key of the caller's, which makes it once", async () => {
    service.respond = () => ({ body: room() });
    await api.createRoom({ kind: "public", name: "General" }, "once");
    await api.createRoom({ kind: "public", name: "General" });
    expect(service.asked.map(({ headers }) => headers["idempotency-key"])).toEqual([
      "once",
      undefined,
    ]);
  });

  test("keeps whatever stands for an id within its part of the path", async () => {
    expect(await asked(room(), () => api.room("../a/b?c"))).toEqual([
      "GET",
      "/v1/rooms/..%2Fa%2Fb%3Fc",
    ]);
  });

  test("gives what was answered", async () => {
    const { type: _, ...shown } = message(7);
    const page = { ...PAGE, messages: [{ ...shown, reactions: [] }] };
    service.respond = () => ({ body: page });
    expect(await api.messages("r1")).toEqual(page);
  });
});

describe("a failure", () => {
  test("is a problem with its code, field and wait", async () => {
    const body = {
      type: "about:blank",
      title: "Invalid",
      status: 400,
      code: "invalid",
      detail: "too long",
      field: "name",
      retry_after_ms: 50,
    };
    expect(await failure({ status: 400, body })).toMatchObject({
      code: "invalid",
      detail: "too long",
      status: 400,
      field: "name",
      retryAfterMs: 50,
    });
    expect(await failure({ status: 400, body: { ...body, code: "teapot" } })).toMatchObject({
      code: "internal",
    });
  });

  test.each([
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "timeout"],
    [404, "not_found"],
    [418, "internal"],
  ])("of a proxy is told by its status: %d is %s", async (status, code) => {
    const headers = { "Retry-After": "3" };
    expect(await failure({ status, text: "<h1>Bad</h1>", headers })).toMatchObject({
      code,
      status,
      retryAfterMs: 3_000,
    });
  });

  test("of the network is unavailable, and it is not known what happened", async () => {
    const told = await failure({ status: 0 });
    expect(told).toMatchObject({ code: "unavailable", status: 0 });
    // Which address it was, and what node says of it besides "fetch failed".
    expect(told.detail).toContain(` ${service.url}/v1/`);
    expect(told.detail).toMatch(/fetch failed \(.+\)$/);
  });

  test.each(["{", "[]", '{"id":1}'])(
    "of an answer that is unreadable is internal: %s",
    async (text) => {
      expect(await failure({ text })).toMatchObject({ code: "internal" });
    },
  );

  test("of an answer that takes too long is a timeout", async () => {
    service.respond = () => new Promise(() => {});
    const late = call(service.url, "GET", "/x", { timeoutMs: 50 });
    await expect(late).rejects.toMatchObject({ code: "timeout", status: 0 });
  });

  test("is never tried again, but with a fresh token where one was turned down", async () => {
    service.respond = () => ({ status: 503 });
    await expect(api.join("r1")).rejects.toMatchObject({ code: "unavailable" });
    expect(service.asked.length).toBe(1);

    let token = "old";
    const tokens: TokenSource = {
      access: async (options) => {
        if (options?.fresh) token = "fresh";
        return token;
      },
      expiresInMs: () => null,
    };
    service.respond = ({ headers }) =>
      headers.authorization === "Bearer fresh" ? { body: USER } : { status: 401 };
    expect(await new Api(service.url, tokens).me()).toEqual(USER);
    expect(service.asked.length).toBe(3);
  });

  test("of a token that stays the same is told", async () => {
    const error = await failure({ status: 401 });
    expect(error).toBeInstanceOf(ProblemError);
    expect([error.code, service.asked.length]).toEqual(["unauthorized", 1]);
  });
});
