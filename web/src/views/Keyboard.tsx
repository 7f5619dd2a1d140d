/** Which keys do what, for whoever asks with "?"; what they do is in `doing/shortcuts`. */

/** The key that goes with a letter for a command, as it is written on this keyboard. */
export const COMMAND = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘" : "Ctrl";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Anywhere",
    [
      [`${COMMAND} K`, "Jump to a room or a person"],
      [`${COMMAND} Shift K`, "Search messages"],
      ["/", "Search messages"],
      ["Alt ↓", "Next room"],
      ["Alt ↑", "Previous room"],
      ["Alt Shift ↓", "Next unread room"],
      ["Alt Shift ↑", "Previous unread room"],
      [`${COMMAND} ,`, "Settings"],
      ["?", "These keys"],
      ["Esc", "Close what is open"],
    ],
  ],
  [
    "While writing",
    [
      ["Enter", "Send"],
      ["Shift Enter", "Begin a line"],
      ["↑", "In an empty field: edit your last message"],
      ["@ # :", "A person, a room, an emoji"],
      [`${COMMAND} B`, "Bold"],
      [`${COMMAND} I`, "Italic"],
      [`${COMMAND} E`, "Code"],
      ["Tab", "Take the first that is offered"],
      ["Esc", "Leave the answer or the edit"],
    ],
  ],
  [
    "Among the messages",
    [
      ["↑", "The message before"],
      ["↓", "The message after"],
      ["R", "Reply"],
      ["E", "Edit your own"],
      ["+", "Add a reaction"],
      ["U", "Mark unread from here"],
      ["Tab", "All that can be done to it"],
      ["Esc", "Back to writing"],
    ],
  ],
];

/** The tables. */
export function Keyboard() {
  return (
    <div class="keyboard">
      {KEYS.map(([where, keys]) => (
        <table key={where}>
          <caption>{where}</caption>
          <tbody>
            {keys.map(([key, words]) => (
              <tr key={key}>
                <th scope="row">
                  {key.split(" ").map((one) => (
                    <kbd key={one}>{one}</kbd>
                  ))}
                </th>
                <td>{words}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}
