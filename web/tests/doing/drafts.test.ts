/** Drafts outlive a reload of the window, and the window, and are seen by nobody but the one who wrote them. */
import { beforeEach, expect, test, vi } from "vitest";
import { Drafts } from "../../src/doing/drafts.ts";

/** A window's storage, as a browser gives it. */
function storage(): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

beforeEach(() => {
  vi.stubGlobal("sessionStorage", storage());
  vi.stubGlobal("localStorage", storage());
});

/** Another window of the same browser. */
function anotherWindow(user: string): Drafts {
  vi.stubGlobal("sessionStorage", storage());
  return new Drafts(user);
}

test("a draft is there again after the window was loaded anew", () => {
  new Drafts("u_ada").set("r1", "half a thought");
  expect(new Drafts("u_ada").get("r1")).toBe("half a thought");
});

test("a draft is there again after the window was closed", () => {
  new Drafts("u_ada").set("r1", "half a thought");
  expect(anotherWindow("u_ada").get("r1")).toBe("half a thought");
});

test("windows that are open beside each other take nothing from each other", () => {
  const here = new Drafts("u_ada");
  const there = anotherWindow("u_ada");
  here.set("r1", "one");
  there.set("r2", "two");
  expect([here.get("r2"), there.get("r1")]).toEqual(["", ""]);
  const next = anotherWindow("u_ada");
  expect([next.get("r1"), next.get("r2")]).toEqual(["one", "two"]);
  here.set("r1", "");
  expect(anotherWindow("u_ada").get("r1")).toBe("");
});

test("whoever signs in next in the same window sees nothing of it", () => {
  new Drafts("u_ada").set("r1", "not for Bob");
  const bob = new Drafts("u_bob");
  expect(bob.get("r1")).toBe("");
  bob.set("r1", "mine");
  bob.clear();
  expect(new Drafts("u_ada").get("r1")).toBe("not for Bob");
});

test("drafts are forgotten when they are emptied, or cleared", () => {
  const drafts = new Drafts("u_ada");
  drafts.set("r1", "one");
  drafts.set("r2", "two");
  drafts.set("r1", "");
  expect(new Drafts("u_ada").get("r1")).toBe("");
  drafts.clear();
  expect(new Drafts("u_ada").get("r2")).toBe("");
  expect(anotherWindow("u_ada").get("r2")).toBe("");
});

test("without storage they last as long as the page", () => {
  vi.stubGlobal("sessionStorage", undefined);
  vi.stubGlobal("localStorage", undefined);
  const drafts = new Drafts("u_ada");
  drafts.set("r1", "one");
  expect(drafts.get("r1")).toBe("one");
});
