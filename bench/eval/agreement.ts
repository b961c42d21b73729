import { lookComparer } from "./compare-rows.ts";
import { type FeatureTable, rowOf } from "./feature-table.ts";
import { SHIPPED_RULES } from "./rules.ts";

/** Thresholds for PDQ and blockhash together, in bits. */
export const AGREEMENT_PDQ = [40, 48, 54, 60, 66, 72];
export const AGREEMENT_BLOCKHASH = [16, 24, 32, 43, 52, 60];

/** What both hashes together would match in one look, by the places of their thresholds: `[pdq][blockhash]`. */
export interface Agreements {
  /** Pairs of different photos. */
  readonly pairs: readonly (readonly number[])[];
  /** Attacked copies that neither hash finds alone at its shipped threshold. */
  readonly copies: readonly (readonly number[])[];
}

/** Tries thresholds of agreement around those that are shipped. @param photos places of those to compare */
export function tryAgreements(
  table: FeatureTable,
  photos: readonly number[],
  attacks: number,
  same: (a: number, b: number) => boolean,
): Agreements {
  const [pairs, copies] = [grid(), grid()];
  const compare = lookComparer(table, AGREEMENT_PDQ.at(-1)!);
  const original = (photo: number) => rowOf(photo, attacks, null);
  const { fast } = SHIPPED_RULES;
  for (const [i, a] of photos.entries()) {
    for (let attack = 0; attack < attacks; attack++) {
      const looks: Look[] = [];
      compare(rowOf(a, attacks, attack), original(a), (pdq, blockhash) => looks.push({ pdq, blockhash }));
      if (!looks.some(({ pdq, blockhash }) => pdq <= fast.pdq || blockhash <= fast.blockhash)) count(copies, looks);
    }
    for (const b of photos.slice(i + 1)) {
      if (same(a, b)) continue;
      const looks: Look[] = [];
      compare(original(a), original(b), (pdq, blockhash) => looks.push({ pdq, blockhash }));
      compare(original(b), original(a), (pdq, blockhash) => looks.push({ pdq, blockhash }));
      count(pairs, looks);
    }
  }
  return { pairs, copies };
}

/** Distances in one look, in bits. */
interface Look {
  readonly pdq: number;
  readonly blockhash: number;
}

function grid(): number[][] {
  return AGREEMENT_PDQ.map(() => AGREEMENT_BLOCKHASH.map(() => 0));
}

function count(counts: number[][], looks: readonly Look[]): void {
  if (looks.length === 0) return;
  AGREEMENT_PDQ.forEach((mostPdq, i) => {
    AGREEMENT_BLOCKHASH.forEach((mostBlockhash, j) => {
      if (looks.some(({ pdq, blockhash }) => pdq <= mostPdq && blockhash <= mostBlockhash)) counts[i]![j]! += 1;
    });
  });
}
