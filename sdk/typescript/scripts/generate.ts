/**
 * Writes src/protocol.gen.ts from proto/schema.json; `--check` fails when it is stale.
 * It knows nothing of the protocol but the few names below.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile, type JSONSchema } from "json-schema-to-typescript";

const SCHEMA = new URL("../../../proto/schema.json", import.meta.url);
const OUTPUT = new URL("../src/protocol.gen.ts", import.meta.url);
const PREFIX = "#/$defs/";
const BANNER = "/* Generated from proto/schema.json by `npm run generate`; do not edit. */\n";

/** What a client meets. The rest of the schema is spoken between services. */
const ROOTS = [
  "Account",
  "ClientFrame",
  "CustomEmojis",
  "ServerFrame",
  "LogEvent",
  "CloseCode",
  "ErrorCode",
  "Audit",
  "Bans",
  "OwnBan",
  "DeadLetters",
  "Hits",
  "RoomInvitation",
  "Invites",
  "Login",
  "MadeWebhook",
  "Member",
  "MemberPatch",
  "Members",
  "MessagePatch",
  "Messages",
  "Mutes",
  "NewInvite",
  "NewMember",
  "NewMessage",
  "NewPushDevice",
  "NewRoom",
  "NewSanction",
  "NewWebhook",
  "OwnSettings",
  "Page",
  "PasswordChange",
  "Preferences",
  "PresenceList",
  "Problem",
  "ProfilePatch",
  "PushDevice",
  "PushSettings",
  "Reactions",
  "ReadMark",
  "Receipts",
  "Refresh",
  "Register",
  "Replay",
  "Replayed",
  "RoomPatch",
  "RoomPresence",
  "Rooms",
  "SetPreferences",
  "Sessions",
  "SettingsPatch",
  "SetRead",
  "SignMedia",
  "SignedIn",
  "SignedUrls",
  "Users",
  "Versions",
  "WebhookPatch",
  "Webhooks",
];
/** Names that would hide something every script has. */
const RENAMED: Readonly<Record<string, string>> = {
  Error: "ErrorFrame",
  Notification: "NotificationEvent",
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface Constant {
  const: number | string | number[];
  title?: string;
  description?: string;
  "x-retry"?: boolean;
  "x-reconnect"?: boolean;
}
interface Schema {
  $defs: Record<string, Json> & {
    CloseCode: { oneOf: Constant[] };
    ErrorCode: { oneOf: Constant[] };
    Limits: { properties: Record<string, Constant> };
  };
}

const name = (definition: string): string => RENAMED[definition] ?? definition;

/** The schema with every reference renamed; the names it refers to are put into `found`. */
function walk(schema: Json, found: Set<string>): Json {
  if (Array.isArray(schema)) return schema.map((item) => walk(item, found));
  if (schema === null || typeof schema !== "object") return schema;
  return Object.fromEntries(
    Object.entries(schema)
      // A constant with a title would become a type with a name of its own.
      .filter(([key, value]) => key !== "title" || typeof value !== "string")
      .map(([key, value]) => {
        if (key !== "$ref" || typeof value !== "string") return [key, walk(value, found)];
        const definition = value.slice(PREFIX.length);
        found.add(definition);
        return [key, PREFIX + name(definition)];
      }),
  );
}

/** All definitions that can be reached from `ROOTS`. */
function reachable(schema: Schema): Record<string, Json> {
  const found = new Set(ROOTS);
  const definitions: Record<string, Json> = {};
  // A set that grows while it is walked is walked to its end.
  for (const definition of found) {
    const value = schema.$defs[definition];
    if (value === undefined) throw new Error(`the schema defines no ${definition}`);
    definitions[name(definition)] = walk(value, found);
  }
  return Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function documented(constant: Constant, declaration: string): string {
  return constant.description ? `  /** ${constant.description} */\n${declaration}` : declaration;
}

/** Numbers and codes, which are values and not types. */
function constants(schema: Schema): string {
  const { CloseCode, ErrorCode, Limits } = schema.$defs;
  const list = (values: Constant[]): string =>
    values.map((value) => JSON.stringify(value.const)).join(", ");
  const limits = Object.entries(Limits.properties).map(([key, value]) =>
    documented(value, `  ${key}: ${JSON.stringify(value.const)},`),
  );
  const closes = CloseCode.oneOf.map((code) =>
    documented(code, `  ${code.title?.toUpperCase()}: ${code.const},`),
  );
  return `
/** Numbers that both sides must agree on; units are in the names. */
export const LIMITS = {
${limits.join("\n")}
} as const;

/** Why the server closed, by name. */
export const CLOSE = {
${closes.join("\n")}
} as const satisfies Record<string, CloseCode>;

/** Close codes after which a client comes back by itself, besides every other in 4000-4499. */
export const RECONNECT: readonly CloseCode[] = [${list(CloseCode.oneOf.filter((code) => code["x-reconnect"]))}];

/** Error codes after which a send is repeated with the same key; every other one is final. */
export const RETRYABLE: readonly ErrorCode[] = [${list(ErrorCode.oneOf.filter((code) => code["x-retry"]))}];

export const ERROR_CODES: readonly ErrorCode[] = [${list(ErrorCode.oneOf)}];
`;
}

/** What is checked when something comes in; `shape.ts` says how it is read. */
const RECEIVED = [
  "Account",
  "ServerFrame",
  "LogEvent",
  "Audit",
  "AuthResult",
  "Bans",
  "OwnBan",
  "DeadLetters",
  "Hits",
  "RoomInvitation",
  "Invite",
  "Invites",
  "MadeWebhook",
  "Members",
  "Message",
  "Messages",
  "Mutes",
  "OwnSettings",
  "Page",
  "Preferences",
  "CustomEmoji",
  "CustomEmojis",
  "PresenceList",
  "PushDevice",
  "PushSettings",
  "Problem",
  "Reactions",
  "ReadMark",
  "Receipts",
  "Replayed",
  "Room",
  "RoomPresence",
  "Rooms",
  "SendResult",
  "SignedIn",
  "SignedUrls",
  "User",
  "Sessions",
  "Users",
  "Versions",
  "WatchResult",
  "Webhook",
  "Webhooks",
];

interface Definition {
  $ref?: string;
  const?: Json;
  enum?: Json[];
  type?: string;
  minimum?: number;
  anyOf?: Definition[];
  oneOf?: Definition[];
  items?: Definition;
  additionalProperties?: Definition;
  properties?: Record<string, Definition>;
  required?: string[];
  "x-absent"?: Json;
}

/** One definition in the short form that `shape.ts` reads; references are put into `found`. */
function shape(definition: Definition, definitions: Schema["$defs"], found: Set<string>): Json {
  const inner = (of: Definition): Json => shape(of, definitions, found);
  if (definition["x-absent"] !== undefined) {
    const { "x-absent": absent, ...of } = definition;
    return { absent, of: inner(of) };
  }
  if (definition.$ref !== undefined) {
    const target = definition.$ref.slice(PREFIX.length);
    // New codes may come, and mean no more than that something failed.
    if (target === "ErrorCode") return "string";
    const of = definitions[target] as Definition;
    if (of.properties === undefined) return inner(of);
    found.add(target);
    return { ref: name(target) };
  }
  const choices = definition.anyOf ?? definition.oneOf;
  if (choices !== undefined) return { any: choices.map(inner) };
  if (definition.const !== undefined) return { in: [definition.const] };
  if (definition.enum !== undefined) return { in: definition.enum };
  if (definition.items !== undefined) return { list: inner(definition.items) };
  if (definition.properties !== undefined) {
    return {
      fields: Object.fromEntries(
        Object.entries(definition.properties).map(([field, of]) => [
          definition.required?.includes(field) ? field : `${field}?`,
          inner(of),
        ]),
      ),
    };
  }
  if (definition.type === undefined) throw new Error(`no shape for ${JSON.stringify(definition)}`);
  return definition.minimum === 0 ? "natural" : definition.type;
}

/** The `type` of a frame. */
function tagOf({ properties: { type } = {} }: Definition): Json {
  return type?.const ?? null;
}

/** What comes from a server, as data that a reader checks by. */
function shapes(schema: Schema): string {
  const definitions = schema.$defs;
  const found = new Set<string>();
  const types: [string, string][] = [];
  for (const root of RECEIVED) {
    const definition = definitions[root] as Definition;
    if (definition.properties !== undefined) {
      found.add(root);
      continue;
    }
    for (const { $ref = "" } of definition.anyOf ?? []) {
      const target = $ref.slice(PREFIX.length);
      const frame = definitions[target] as Definition;
      types.push([String(tagOf(frame)), name(target)]);
      found.add(target);
    }
  }
  const lines: string[] = [];
  for (const definition of found) {
    const of = definitions[definition] as Definition;
    // Which answer it is, only the one who asked knows.
    if (definition === "Ok") of.properties = { ...of.properties, result: { type: "any" } };
    const written = shape(of, definitions, found);
    lines.push(`  ${name(definition)}: ${JSON.stringify(written)},`);
  }
  return `
/** Which definition a frame or log event of a server has, by its \`type\`. */
export const RECEIVED: ReadonlyMap<string, keyof typeof SHAPES> = new Map([
${types.map(([type, of]) => `  [${JSON.stringify(type)}, ${JSON.stringify(of)}],`).join("\n")}
]);

/** What is checked of what comes in, in the form of \`shape.ts\`. */
export const SHAPES = {
${lines.sort().join("\n")}
} as const;
`;
}

async function generate(): Promise<string> {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8")) as Schema;
  const types = await compile(
    {
      $defs: reachable(schema),
      anyOf: ROOTS.map((root) => ({ $ref: PREFIX + name(root) })),
    } as JSONSchema,
    "Spoken",
    {
      additionalProperties: false,
      bannerComment: BANNER,
      ignoreMinAndMaxItems: true,
      unreachableDefinitions: true,
      strictIndexSignatures: false,
    },
  );
  // The union of everything is only there so that the compiler looks at everything.
  return types.replace(/^export type Spoken =[^;]*;\n/m, "") + constants(schema) + shapes(schema);
}

const text = await generate();
if (process.argv[2] !== "--check") {
  writeFileSync(OUTPUT, text);
} else if (readFileSync(OUTPUT, "utf8") !== text) {
  console.error(`${fileURLToPath(OUTPUT)} is stale: run npm run generate`);
  process.exitCode = 1;
}
