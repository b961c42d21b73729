/**
 * @typedef {object} Settings
 * @property {string} service where the XMPP server listens: `xmpps://`, `xmpp://`, `wss://` or `ws://`, or a domain
 * @property {string} domain
 * @property {string} username
 * @property {string} password
 * @property {string} room bare address of the room
 * @property {string} nick
 * @property {string} lookalikeUrl without a slash at its end
 * @property {string} lookalikeKey
 * @property {string[] | undefined} lists undefined: every enabled one
 * @property {number | undefined} removeBelow 0 to 1; undefined: what Lookalike takes by itself
 * @property {"kick" | "ban"} action
 * @property {"keep" | "remove"} onFailure
 * @property {number} avatarTimeoutMs
 * @property {number} retryMs
 * @property {number} pingMs
 */

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Settings}
 * @throws {Error} whose message names the variable, what was expected and what came
 */
export function readSettings(env) {
  return {
    service: required(env, "XMPP_SERVICE"),
    domain: required(env, "XMPP_DOMAIN"),
    username: required(env, "XMPP_USERNAME"),
    password: required(env, "XMPP_PASSWORD"),
    room: matching(env, "ROOM", /^[^@/]+@[^@/]+$/, "a room's address such as lounge@rooms.example.org").toLowerCase(),
    nick: env["NICK"] || "guard",
    lookalikeUrl: matching(env, "LOOKALIKE_URL", /^https?:\/\/[^/]/, "an http or https address").replace(/\/+$/, ""),
    lookalikeKey: required(env, "LOOKALIKE_KEY"),
    lists: env["LISTS"] ? env["LISTS"].split(",").map((name) => name.trim()) : undefined,
    removeBelow: env["REMOVE_BELOW"] ? number(env, "REMOVE_BELOW", 0, 1) : undefined,
    action: oneOf(env, "ACTION", /** @type {const} */ (["kick", "ban"])),
    onFailure: oneOf(env, "ON_FAILURE", /** @type {const} */ (["keep", "remove"])),
    avatarTimeoutMs: env["AVATAR_TIMEOUT_SECONDS"] ? number(env, "AVATAR_TIMEOUT_SECONDS", 0.1, 60) * 1000 : 5000,
    retryMs: env["RETRY_SECONDS"] ? number(env, "RETRY_SECONDS", 0.1, 86_400) * 1000 : 60_000,
    pingMs: env["PING_SECONDS"] ? number(env, "PING_SECONDS", 0.1, 86_400) * 1000 : 60_000,
  };
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} name
 */
function required(env, name) {
  const value = env[name];
  if (!value) throw new Error(`Expected ${name} to be set`);
  return value;
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} name
 * @param {RegExp} pattern
 * @param {string} expected
 */
function matching(env, name, pattern, expected) {
  const value = required(env, name);
  if (!pattern.test(value)) throw new Error(`Expected ${expected} for ${name} but received ${value}`);
  return value;
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} name
 * @param {number} lowest
 * @param {number} highest
 */
function number(env, name, lowest, highest) {
  const value = Number(env[name]);
  if (value >= lowest && value <= highest) return value;
  throw new Error(`Expected a number from ${lowest} to ${highest} for ${name} but received ${env[name]}`);
}

/**
 * @template {string} Choice
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} name
 * @param {readonly [Choice, Choice]} choices the first is the default
 * @returns {Choice}
 */
function oneOf(env, name, choices) {
  const value = env[name] || choices[0];
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw new Error(`Expected ${choices.join(" or ")} for ${name} but received ${value}`);
  return choice;
}
