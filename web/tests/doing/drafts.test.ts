/** Drafts outlive a reload of the window, and are seen by nobody but the one who wrote them. */
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
});

test("a draft is there again after the window was loaded anew", () => {
  new Drafts("u_ada").set("r1", "half a thought");
  expect(new Drafts("u_ada").get("r1")).toBe("half a thought");
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
});

test("without storage they last as long as the page", () => {
  vi.stubGlobal("sessionStorage", undefined);
  const drafts = new Drafts("u_ada");
  drafts.set("r1", "one");
  expect(drafts.get("r1")).toBe("one");
});
