import { describe, expect, test } from "vitest";
import { begun, left, of, reduce, type Uploads } from "../../src/store/uploads.ts";

const attachment = {
  id: "m1",
  name: "a.txt",
  mime: "text/plain",
  size: 5,
  width: null,
  height: null,
};
const NONE: Uploads = new Map();

describe("files on their way to a message", () => {
  test("each room has its own, in the order they were added", () => {
    const one = reduce(NONE, { type: "added", room: "r1", uploads: [begun(1, "a", 1)] });
    const two = reduce(one, { type: "added", room: "r1", uploads: [begun(2, "b", 2)] });
    expect(of(two, "r1").map(({ name }) => name)).toEqual(["a", "b"]);
    expect(of(two, "r2")).toEqual([]);
    expect([left(two, "r1"), left(two, "r2")]).toEqual([8, 10]);
  });

  test("one goes from its beginning to being there, or fails and is tried again", () => {
    let all = reduce(NONE, { type: "added", room: "r1", uploads: [begun(1, "a", 1)] });
    all = reduce(all, { type: "progress", room: "r1", id: 1, to: 0.5 });
    expect(of(all, "r1")[0]).toMatchObject({ state: "uploading", progress: 0.5 });
    all = reduce(all, { type: "failed", room: "r1", id: 1, why: "It is too large." });
    expect(of(all, "r1")[0]).toMatchObject({ state: "failed", why: "It is too large." });
    all = reduce(all, { type: "again", room: "r1", id: 1 });
    expect(of(all, "r1")[0]).toMatchObject({ state: "uploading", progress: 0, why: null });
    all = reduce(all, { type: "done", room: "r1", id: 1, attachment });
    expect(of(all, "r1")[0]).toMatchObject({ state: "done", attachment });
  });

  test("what is removed or taken is there no more, and what comes too late changes nothing", () => {
    const uploads = [begun(1, "a", 1), begun(2, "b", 2)];
    const both = reduce(NONE, { type: "added", room: "r1", uploads });
    const one = reduce(both, { type: "removed", room: "r1", id: 1 });
    expect(of(one, "r1").map(({ id }) => id)).toEqual([2]);
    const late = reduce(one, { type: "done", room: "r1", id: 1, attachment });
    expect(of(late, "r1").map(({ id }) => id)).toEqual([2]);
    expect(reduce(late, { type: "taken", room: "r1" }).size).toBe(0);
  });
});
