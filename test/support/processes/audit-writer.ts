import { openDatabase } from "../../../src/db/client.ts";
import { changeList, insertList, type ListFields, retireList } from "../../../src/db/lists.ts";
import { quietLogger } from "../database.ts";

// Changes lists as the service does, many at once, until it is killed or sent a message, and tells of each change that the
// database has acknowledged: node audit-writer.ts <database URL> <name> <changes at once> [changes in all].

const [url = "", name = "", lanes = "1", most = "Infinity"] = process.argv.slice(2);
const FIELDS: ListFields = {
  kind: "disallow",
  action: "block",
  pdqThreshold: 31,
  blockhashThreshold: 10,
  agreementPdqThreshold: 0,
  agreementBlockhashThreshold: 0,
  neuralThreshold: 0,
  neuralVectorThreshold: 0,
  match: "fast",
  description: "",
  enabled: true,
};

const options = { poolSize: Number(lanes), logger: quietLogger, applicationName: name, statementTimeoutMs: 60_000 };
const database = await openDatabase({ connectionString: url }, options);
let made = 0;
let over = false;
process.on("message", () => {
  over = true;
});

async function change(): Promise<void> {
  while (!over && made < Number(most)) {
    made += 1;
    const list = `${name}-${made}`;
    const event = (action: string) => ({ actor: name, action, subject: list, details: { made } });
    await insertList(database, list, FIELDS, event("list.create"));
    process.send?.(`list.create ${list}`);
    if (made % 3 === 0) {
      await changeList(database, list, { enabled: false }, event("list.update"));
      process.send?.(`list.update ${list}`);
    }
    if (made % 5 === 0) {
      await retireList(database, list, event("list.delete"));
      process.send?.(`list.delete ${list}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, change));
await database.close();
process.disconnect?.();
