import type pg from "pg";

/** What somebody may do to the rows who can switch the triggers off. The last two are seen by an anchor alone. */
export const TAMPERINGS = [
  "edit",
  "deletion",
  "swap",
  "content swap",
  "insertion",
  "cut",
  "clean cut",
  "rewriting",
] as const;
export type Tampering = (typeof TAMPERINGS)[number];

/** Ways to change one column: a different value each, whatever it is. */
const EDITS = {
  seq: "-seq",
  at: "at + ($2 || ' microseconds')::interval",
  actor: "actor || $2",
  action: "overlay(action placing '~' from 1 + $2::int % length(action))",
  subject: "substr(subject, 2) || $2",
  details: "jsonb_set(details, '{n}', to_jsonb($2::text))",
  request_id: "case when $2::int % 2 = 0 or request_id is null then coalesce(request_id, '') || $2 end",
  prev_hash: "set_byte(prev_hash, $2::int % 32, get_byte(prev_hash, $2::int % 32) # 1)",
  hash: "set_byte(hash, $2::int % 32, get_byte(hash, $2::int % 32) # 128)",
} as const;
const COLUMNS = Object.keys(EDITS) as (keyof typeof EDITS)[];
/** What a row says, its number and hashes aside. */
const CONTENT = "at, actor, action, subject, details, request_id";

type Client = Pick<pg.ClientBase, "query">;

/**
 * Tampers with rows 1 to `rows` in a random place.
 * @returns what was done, for people
 */
export async function tamper(client: Client, kind: Tampering, rows: number, random: () => number): Promise<string> {
  const pick = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const seq = pick(1, rows);
  const other = 1 + ((seq - 1 + pick(1, rows - 1)) % rows);
  switch (kind) {
    case "edit": {
      const column = COLUMNS[pick(0, COLUMNS.length - 1)] ?? "actor";
      const changed = await client.query(`update audit set ${column} = ${EDITS[column]} where seq = $1`, [
        seq,
        ...(column === "seq" ? [] : [String(pick(1, 1_000_000))]),
      ]);
      return `${column} of ${changed.rowCount} row at ${seq}`;
    }
    case "deletion": {
      const last = Math.min(rows, seq + pick(0, 3));
      await client.query("delete from audit where seq between $1 and $2", [seq, last]);
      return `rows ${seq} to ${last}`;
    }
    case "swap":
      await client.query("update audit set seq = -seq where seq in ($1, $2)", [seq, other]);
      await client.query("update audit set seq = $1::int8 + $2 + seq where seq < 0", [seq, other]);
      return `the numbers of ${seq} and ${other}`;
    case "content swap":
      await client.query(
        `update audit set (${CONTENT}) = (select ${CONTENT} from audit as other where other.seq = $1::int8 + $2 - audit.seq)
         where seq in ($1, $2)`,
        [seq, other],
      );
      return `the contents of ${seq} and ${other}`;
    case "insertion":
      // Between two rows, with everything that a forger can make fit: only what comes after it doesn't.
      await client.query("update audit set seq = -seq - 1 where seq >= $1", [seq]);
      await client.query("update audit set seq = -seq where seq < 0");
      await client.query(
        `insert into audit select $1, at, 'key_forged', action, subject, details, request_id, prev_hash, hash
         from audit where seq = $1::int8 + 1`,
        [seq],
      );
      await rehash(client, seq, seq);
      await client.query("update audit_head set seq = seq + 1");
      return `a row before ${seq}`;
    case "cut":
      await client.query("delete from audit where seq >= $1", [seq]);
      return `the tail from ${seq} on`;
    case "clean cut":
      await client.query("delete from audit where seq >= $1", [seq]);
      await moveHead(client);
      return `the tail from ${seq} on, with the noted end`;
    case "rewriting":
      await client.query("update audit set actor = actor || '~' where seq = $1", [seq]);
      await rehash(client, seq, rows);
      await moveHead(client);
      return `everything from ${seq} on`;
  }
}

/** Makes the hashes of rows fit again, each to the one before. */
async function rehash(client: Client, first: number, last: number): Promise<void> {
  await client.query(
    `do $$ declare chained bytea := (select hash from audit where seq = ${first} - 1); begin
       chained := coalesce(chained, decode(repeat('00', 32), 'hex'));
       for number in ${first}..${last} loop
         update audit set prev_hash = chained, hash = sha256(convert_to(
           audit_text(chained, seq, at, actor, action, subject, details, request_id), 'UTF8'))
         where seq = number returning hash into chained;
       end loop;
     end $$`,
  );
}

async function moveHead(client: Client): Promise<void> {
  await client.query(
    `update audit_head set (seq, hash) = (select coalesce(max(seq), 0),
       coalesce((array_agg(hash order by seq desc))[1], decode(repeat('00', 32), 'hex')) from audit)`,
  );
}
