import { describe, expect, test } from "vitest";
import { parseRoute, pathOf, type Route } from "../src/route.ts";

describe("a route", () => {
  const places: Route[] = [
    { page: "home" },
    { page: "browse" },
    { page: "invite", code: "iv_A-1" },
    { page: "search", search: { q: "" } },
    {
      page: "search",
      search: {
        q: "tea & cake?",
        room: "r1",
        sender: "u1",
        since: "2026-11-26",
        until: "2026-12-01",
      },
    },
    { page: "room", room: "r_1-A" },
    { page: "room", room: "r1", at: 42 },
  ];

  test.each(places)("is what its own path means: $page", (route) => {
    const [path = "", query = ""] = pathOf(route).split("?");
    expect(parseRoute(path, query)).toEqual(route);
  });

  test.each(["0", "-1", "1.5", "x", "", "99999999999999999"])("knows no message %o", (at) => {
    expect(parseRoute("/rooms/r1", `?at=${at}`)).toEqual({ page: "room", room: "r1" });
  });

  test.each(["/rooms/a.b", "/rooms/", "/nowhere", "/rooms/a/b", "/invite/", "/invite/a/b"])(
    "%s is home",
    (path) => {
      expect(parseRoute(path)).toEqual({ page: "home" });
    },
  );

  test("to a search takes nothing that can't be looked for", () => {
    const asked = `q=${"x".repeat(500)}&room=a.b&sender=&since=yesterday&until=2026-1-1`;
    const search = { q: "x".repeat(200) };
    expect(parseRoute("/search", `?${asked}`)).toEqual({ page: "search", search });
  });
});
