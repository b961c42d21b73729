// Random addresses judged by the policy of fetching and by an independent table of IANA's registries: IPv4, and IPv6 of every
// form that holds IPv4, many of them at the edges of blocks. Ends with 1 where the two disagree.
//   npx tsx bench/faults/random-addresses.ts [--addresses 1000000] [--seed 1]
import { parseArgs } from "node:util";
import { compareRandomAddresses } from "../../test/support/address-table.ts";

const { values } = parseArgs({
  options: { addresses: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const addresses = Number(values.addresses);

const { allowed, disagreements } = compareRandomAddresses(Number(values.seed), addresses, (done) => {
  if (done % 100_000 === 0) console.log(`${done} of ${addresses}`);
});
for (const disagreement of disagreements.slice(0, 20)) console.log(disagreement);
console.log(`${addresses} addresses, ${allowed} allowed, ${disagreements.length} disagreements`);
process.exitCode = disagreements.length === 0 ? 0 : 1;
