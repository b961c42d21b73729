/**
 * Text of others on one line of a log or in a stanza: without characters that XML forbids or that steer a terminal, a
 * space for each run of them, and no longer than `longest` characters.
 * @param {string} text
 */
export function plainText(text, longest = 300) {
  const plain = text.replace(/[\s\p{Cc}\p{Cs}\p{Bidi_Control}\u{fffe}\u{ffff}]+/gu, " ").trim();
  const characters = [...plain];
  return characters.length <= longest ? plain : `${characters.slice(0, longest - 1).join("")}…`;
}

/** @param {string} line one line for whoever runs the guard */
export function log(line) {
  console.log(line);
}
