/** A connection without I/O, driven by a test step by step. */
import { Connection } from "../src/connection.ts";
import type { ConnectionState, Effect } from "../src/effects.ts";
import { brief, ready, type room } from "./making.ts";

type Done<K extends Effect["do"]> = Extract<Effect, { do: K }>;

/** A connection, with the effects of each step sorted by what they want done. */
export class Bench {
  now = 0;
  effects: Effect[] = [];
  readonly core: Connection;

  constructor(resume: Record<string, number> = {}, draw = 0.5) {
    this.core = new Connection({
      client: "test/1",
      status: "online",
      resume,
      makeKey: (ms) => `made-at-${ms}`,
      draw: () => draw,
    });
  }

  /** Let something happen `after` ms later; give what follows. */
  step(input: (core: Connection) => void = () => {}, after = 0): this {
    this.now += after;
    input(this.core);
    this.effects = this.core.take(this.now);
    return this;
  }

  receive(...frames: object[]): this {
    return this.step((core) => {
      for (const frame of frames) core.received(JSON.stringify(frame), this.now);
    });
  }

  tick(after = 0): this {
    return this.step((core) => core.tick(this.now), after);
  }

  dial(): this {
    return this.step((core) => {
      core.dialing(this.now);
      core.opened("token", 900_000, this.now);
    });
  }

  live(...rooms: ReturnType<typeof room>[]): this {
    return this.dial().receive(ready(rooms));
  }

  lost(code: number, after = 0): this {
    return this.step((core) => core.lost(code, this.now), after);
  }

  done<K extends Effect["do"]>(what: K): Done<K>[] {
    return this.effects.filter((effect): effect is Done<K> => effect.do === what);
  }

  get written(): Record<string, unknown>[] {
    return this.done("write").map(({ text }) => JSON.parse(text));
  }

  get states(): ConnectionState[] {
    return this.done("entered").map(({ state }) => state);
  }

  get items(): (number | string)[] {
    return brief(this.done("deliver").map(({ item }) => item));
  }
}
