/** What a client keeps through its connections: requests, whom it watches, its read marks. */
import { describe, expect, test } from "vitest";
import { DOUBT_MS, ReadMarks } from "../src/read_marks.ts";
import { Requests } from "../src/requests.ts";
import { Watching } from "../src/watching.ts";
import { problem, room } from "./making.ts";

describe("requests", () => {
  test("give what an answer belongs to, once", () => {
    const requests = new Requests();
    requests.add("1", { for: "gap", room: "r1" }, 5);
    expect(requests.pop("1")).toEqual({ for: "gap", room: "r1" });
    expect([requests.pop("1"), requests.nextAt()]).toEqual([null, Infinity]);
  });

  test("that waited too long are given once, the others keep waiting", () => {
    const requests = new Requests();
    requests.add("1", { for: "auth" }, 5);
    requests.add("2", { for: "watch" }, 9);
    expect([requests.late(4), requests.nextAt()]).toEqual([[], 5]);
    expect(requests.late(5)).toEqual([{ for: "auth" }]);
    expect([requests.late(5), requests.nextAt()]).toEqual([[], 9]);
  });

  test("end with the socket, and for a purpose that another one took over", () => {
    const requests = new Requests();
    requests.add("1", { for: "watch" }, 5);
    requests.add("2", { for: "auth" }, 5);
    requests.forget("watch");
    expect(requests.drain()).toEqual([{ for: "auth" }]);
    expect([requests.drain(), requests.pop("2")]).toEqual([[], null]);
  });
});

describe("watching", () => {
  const watching = (): Watching => new Watching(() => 1);

  test("asks for nobody until somebody is wanted", () => {
    const nobody = watching();
    nobody.ready(0);
    expect([nobody.due(0), nobody.at]).toEqual([null, Infinity]);
  });

  test("asks once, and again on every connection", () => {
    const some = watching();
    some.want(["u1"], 3);
    expect([some.due(2), some.due(3), some.due(3)]).toEqual([null, ["u1"], null]);
    some.ready(9);
    expect(some.due(9)).toEqual(["u1"]);
  });

  test("asks for nobody in place of somebody", () => {
    const some = watching();
    some.want(["u1"], 0);
    some.due(0);
    some.want([], 1);
    expect(some.due(1)).toEqual([]);
    some.ready(2);
    expect(some.due(2)).toBeNull();
  });

  test("asks again, later each time, unless the error is final", () => {
    const some = watching();
    some.want(["u1"], 0);
    some.due(0);
    expect(some.refused(problem("unavailable", { retry_after_ms: 50 }), 0)).toBe(true);
    expect([some.at, some.due(550)]).toEqual([550, ["u1"]]);
    some.refused(problem("timeout"), 0);
    expect([some.at, some.due(1_000)]).toEqual([1_000, ["u1"]]);
    expect([some.refused(problem("invalid"), 0), some.at]).toEqual([false, Infinity]);
  });
});

describe("read marks", () => {
  test("set without a connection are written by the next, if they go further", () => {
    const marks = new ReadMarks();
    marks.set("r1", 5, Infinity);
    marks.set("r1", 3, Infinity);
    marks.set("r2", 9, Infinity);
    marks.set("gone", 9, Infinity);
    const rooms = [room({ read_seq: 4 }), room({ id: "r2", read_seq: 9 }), room({ id: "r3" })];
    expect(marks.ready(rooms, 0)).toEqual([{ room: "r1", seq: 5 }]);
  });

  test("written just before a socket was lost are written again; older ones arrived", () => {
    const marks = new ReadMarks();
    marks.set("r1", 5, 0);
    marks.set("r2", 6, 1);
    marks.disconnected(DOUBT_MS + 1);
    const rooms = [room(), room({ id: "r2" })];
    expect(marks.ready(rooms, 0)).toEqual([{ room: "r2", seq: 6 }]);
  });

  test("that another device moved, back perhaps, are not written over", () => {
    const marks = new ReadMarks();
    marks.set("r1", 5, 0);
    marks.forget("r1");
    marks.disconnected(0);
    expect(marks.ready([room({ read_seq: 2 })], 0)).toEqual([]);
  });
});
