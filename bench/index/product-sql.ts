import type pg from "pg";
import type { Database } from "../../src/db/client.ts";
import { searchImagesByOneHash } from "../../src/db/near-images.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import { cheaperStrategy } from "../../src/db/near-strategy.ts";
import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import type { Cell, Check } from "./checks.ts";
import type { Contender, Found } from "./contender.ts";
import type { tableRoles } from "./table-role.ts";

export interface ProductSql {
  readonly database: Database;
  readonly client: pg.Client;
  readonly kind: PerceptualKind;
  readonly rows: number;
  readonly limit: number;
  readonly roles: ReturnType<typeof tableRoles>;
}

/** The service's own searches: of list entries, of seen images, and for the nearest image alone. */
export function productSql(setting: ProductSql): Contender[] {
  const { limit, roles } = setting;
  return [
    {
      name: "SQL, entries",
      limit,
      exact: true,
      takesPart: () => true,
      prepare: (cell) => prepareEntries(setting, cell),
      search: (check) => findEntries(setting, check),
    },
    {
      name: "SQL, images",
      limit,
      exact: true,
      takesPart: ({ probes }) => probes === 1,
      prepare: () => roles.use("image"),
      search: (check) => findImages(setting, check, limit),
    },
    {
      name: "SQL, nearest image",
      limit: 1,
      exact: true,
      takesPart: ({ probes }) => probes === 1,
      prepare: () => roles.use("image"),
      search: (check) => findImages(setting, check, 1),
    },
  ];
}

async function prepareEntries({ client, roles }: ProductSql, { threshold }: Cell): Promise<void> {
  await roles.use("entry");
  await client.query("update list set pdq_threshold = $1, blockhash_threshold = $1", [threshold]);
}

async function findEntries({ database, kind, rows, limit }: ProductSql, check: Check): Promise<Found> {
  const hashes = check.hex.map((hash, place) => ({
    hash,
    transform: TRANSFORMS[place % TRANSFORMS.length] ?? "identity",
  }));
  const matches = await searchEntries(database, {
    hashes: { pdq: [], blockhash: [], [kind]: hashes },
    listIds: null,
    expectedThresholds: { pdq: check.threshold, blockhash: check.threshold },
    limit,
    strategy: cheaperStrategy(rows, hashes.length, check.threshold),
  });
  return { owners: matches.map(({ entryId }) => Number(entryId)), distances: matches.map(({ distance }) => distance) };
}

async function findImages({ database, kind, rows }: ProductSql, check: Check, limit: number): Promise<Found> {
  const { threshold, hex } = check;
  const strategy = cheaperStrategy(rows, 1, threshold);
  const images = await searchImagesByOneHash(database, { kind, hash: hex[0] ?? "", threshold, limit, strategy });
  return { owners: images.map(({ imageId }) => Number(imageId)), distances: images.map(({ distance }) => distance) };
}
