/**
 * Whether a value from outside has the shape its type promises, and what an older server leaves out
 * of it. Patterns and lengths: not here.
 */
import { SHAPES } from "./protocol.gen.ts";

/**
 * A primitive by its JSON Schema name, or `natural`: an integer from 0 on. `in`: one of these; `fields`: an object with at least
 * these, `?` behind the optional ones; `ref`: see `SHAPES`; `absent`: what a field is where it is left out, for the servers
 * that there were before the field.
 */
export type Shape =
  | string
  | { readonly in: readonly unknown[] }
  | { readonly any: readonly Shape[] }
  | { readonly list: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly ref: string }
  | { readonly absent: unknown; readonly of: Shape };

const NAMED: Readonly<Record<string, Shape | undefined>> = SHAPES;

/**
 * Give where `value` is not of the shape (a path of fields), or null when it is; then what was left
 * out of it is filled in. Changes `value`, which is fresh from JSON.
 */
export function fault(value: unknown, shape: Shape, path = ""): string | null {
  if (typeof shape === "string") return primitive(value, shape) ? null : path || shape;
  if ("in" in shape) return shape.in.includes(value) ? null : path || "value";
  if ("any" in shape) {
    return shape.any.some((choice) => fault(value, choice) === null) ? null : path || "value";
  }
  if ("ref" in shape) return fault(value, NAMED[shape.ref] ?? "never", path);
  if ("of" in shape) return fault(value, shape.of, path);
  if ("list" in shape) {
    if (!Array.isArray(value)) return path || "array";
    return first(value.entries(), ([index, item]) => fault(item, shape.list, `${path}[${index}]`));
  }
  if (!isObject(value)) return path || "object";
  return first(Object.entries(shape.fields), ([field, of]) => {
    const optional = field.endsWith("?");
    const name = optional ? field.slice(0, -1) : field;
    const inner = value[name];
    if (inner === undefined) {
      if (optional) return null;
      if (typeof of === "object" && "absent" in of) {
        value[name] = structuredClone(of.absent);
        return null;
      }
    }
    return fault(inner, of, path ? `${path}.${name}` : name);
  });
}

/** Say whether `value` is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function primitive(value: unknown, name: string): boolean {
  switch (name) {
    case "any":
      return value !== undefined;
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "natural":
      return typeof value === "number" && Number.isInteger(value) && value >= 0;
    case "string":
    case "boolean":
      return typeof value === name;
    default:
      return false;
  }
}

function first<T>(items: Iterable<T>, look: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = look(item);
    if (found !== null) return found;
  }
  return null;
}
