/** Rows are laid out a few a frame: what is in sight always, the rest in its turn, and all in the end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Span, spread } from "../../src/views/spread.ts";

const span = (from: number, to: number): Span => ({ from, to });

describe("what is laid out", () => {
  test("is what is in sight alone at first, and the rest is still to come", () => {
    expect(spread(null, span(40, 49), span(20, 49), false)).toEqual({
      span: span(40, 49),
      more: true,
    });
  });

  test("stays as it is between two frames, but for what came into sight", () => {
    expect(spread(span(30, 60), span(28, 50), span(10, 50), false)).toEqual({
      span: span(28, 50),
      more: true,
    });
  });

  test("grows by a part of what is missing in a frame, by two at least", () => {
    const wide = spread(span(30, 50), span(35, 50), span(10, 50), true);
    expect(wide.span).toEqual(span(25, 50));
    expect(spread(span(11, 50), span(35, 50), span(10, 50), true)).toEqual({
      span: span(10, 50),
      more: false,
    });
  });

  test("begins anew where one went somewhere else", () => {
    expect(spread(span(80, 99), span(10, 20), span(0, 30), false).span).toEqual(span(10, 20));
  });

  test("is nothing where nothing is wanted", () => {
    expect(spread(null, span(0, -1), span(0, -1), true)).toEqual({
      span: span(0, -1),
      more: false,
    });
  });

  test("always holds what is in sight, never more than is wanted, and all of it in few frames", () => {
    const rows = fc.nat(300);
    fc.assert(
      fc.property(rows, rows, rows, rows, rows, rows, (a, b, c, d, e, f) => {
        const [from = 0, first = 0, last = 0, to = 0] = [a, b, c, d].sort((x, y) => x - y);
        const [sight, wanted] = [span(first, last), span(from, to)];
        let next = spread(span(Math.min(e, f), Math.max(e, f)), sight, wanted, false);
        let frames = 0;
        for (; next.more; frames += 1) {
          expect(next.span.from).toBeGreaterThanOrEqual(from);
          expect(next.span.from).toBeLessThanOrEqual(first);
          expect(next.span.to).toBeGreaterThanOrEqual(last);
          expect(next.span.to).toBeLessThanOrEqual(to);
          next = spread(next.span, sight, wanted, true);
        }
        expect(next.span).toEqual(wanted);
        expect(frames).toBeLessThan(30);
      }),
    );
  });
});
