/** What is known of the connection, for somebody who wonders, or helps somebody who does. */
import type { Facts } from "parley-sdk";
import { useEffect, useState } from "preact/hooks";
import type { State } from "../store/state.ts";
import { useActions } from "./actions.ts";

/** The round trip is measured so often while one looks. */
const MEASURE_MS = 2_000;

/** The table, and a button that copies it. */
export function Diagnostics({ state }: { state: State }) {
  const actions = useActions();
  const [facts, setFacts] = useState<Facts | null>(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    const look = () => setFacts(actions.measured());
    look();
    const soon = setTimeout(look, MEASURE_MS / 4);
    const timer = setInterval(look, MEASURE_MS);
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, []);
  const rows = facts ? rowsOf(facts, state) : [];
  return (
    <div class="form">
      <table class="facts">
        <caption class="unseen">The connection</caption>
        <tbody>
          {rows.map(([what, value]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="row">
        {/* A page over plain HTTP has no clipboard. */}
        {navigator.clipboard && (
          <button
            type="button"
            onClick={async () => {
              await navigator.clipboard.writeText(textOf(rows));
              setCopied(true);
            }}
          >
            Copy as text
          </button>
        )}
        <span role="status" class="muted">
          {copied ? "Copied." : ""}
        </span>
      </div>
    </div>
  );
}

type Row = readonly [string, string];

function rowsOf(facts: Facts, state: State): Row[] {
  return [
    ["State", state.connection.phase],
    ["Gateway", facts.gateway || "not known"],
    ["Session", facts.session ?? "none yet"],
    [
      "Round trip",
      facts.roundTripMs === null ? "not measured yet" : `${Math.round(facts.roundTripMs)} ms`,
    ],
    ["Connections so far", String(facts.connections)],
    ["Gaps healed", String(facts.healed)],
    ["Gaps left to paging", String(facts.left)],
    ["Doubles dropped", String(facts.doubles)],
    ["Messages waiting to be sent", String(facts.waiting)],
    ["Rooms", String(state.rooms.size)],
    ["Address", location.origin],
    ["Browser", navigator.userAgent],
  ];
}

function textOf(rows: readonly Row[]): string {
  return ["Parley", ...rows.map(([what, value]) => `${what}: ${value}`)].join("\n");
}
