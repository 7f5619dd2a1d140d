import { expect, test } from "vitest";
import { BLOCKED, quoteOf } from "../../src/views/quote.ts";
import { page, ready, room, stateAfter, stored } from "../store/making.ts";

test("a quote shows what was said, but not of somebody whom one blocks", () => {
  const answer = stored(2, { sender: "eve", reply_to: 1 });
  const state = stateAfter([
    ready([room({ last_seq: 2 })]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: page([stored(1), answer], 2) },
  ]);
  const here = state.rooms.get("r1");
  const shown = here?.log?.messages[1];
  if (!here || !shown) throw new Error("the room holds its messages");
  expect(quoteOf(here, shown)).toMatchObject({ sender: "Bob", text: "text 1" });
  expect(quoteOf(here, shown, new Set(["bob"]))).toEqual({
    seq: 1,
    sender: null,
    text: BLOCKED,
    deleted: false,
  });
});
