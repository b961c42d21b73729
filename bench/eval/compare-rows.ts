import { matchedBy } from "../../src/fingerprint/decision.ts";
import { NEURAL_NUMBERS } from "../../src/fingerprint/neural.ts";
import { type FeatureTable, HASH_WORDS, LOOKS, PEER_WORDS, WHOLE_LOOKS } from "./feature-table.ts";
import { FAR, MEASURES, type Measure, NEURAL_STEP } from "./measures.ts";
import { HAS } from "./record.ts";
import { RULE_NAMES, SHIPPED_RULES } from "./rules.ts";

const NEVER = Number.POSITIVE_INFINITY;
const place = Object.fromEntries(MEASURES.map((measure, i) => [measure, i])) as Record<Measure, number>;
/** Words that are compared before a pair of hashes is given up: 128 bits, of which 64 differ among strangers. */
const WORDS_FIRST = 4;
/** Stored are the whole picture and the trimmed one, each upright. */
const STORED_LOOKS = [0, WHOLE_LOOKS];
const rules = RULE_NAMES.map((name) => ({ at: place[name], rule: SHIPPED_RULES[name] }));
const widest = {
  pdq: Math.max(...rules.map(({ rule }) => Math.max(rule.pdq, rule.agreement.pdq))),
  blockhash: Math.max(...rules.map(({ rule }) => Math.max(rule.blockhash, rule.agreement.blockhash))),
  neural: Math.max(...rules.map(({ rule }) => rule.neural)),
};

/** Told of each look in which one of the hashes is within the bound; distances in bits, FAR beyond it. */
type OnLook = (pdq: number, blockhash: number, look: number, storedLook: number) => void;

/**
 * Compares pictures by looks as the service does: what is asked about in each of its looks, with what is stored whole and
 * trimmed.
 * @param bound bits
 */
export function lookComparer(table: FeatureTable, bound: number) {
  const { has, pdq, blockhash } = table;
  return function compare(asked: number, stored: number, onLook: OnLook): void {
    const first = has[asked]! & HAS.whole ? 0 : WHOLE_LOOKS;
    const end = has[asked]! & HAS.trimmed ? LOOKS : WHOLE_LOOKS;
    for (const storedLook of STORED_LOOKS) {
      if ((has[stored]! & (storedLook === 0 ? HAS.whole : HAS.trimmed)) === 0) continue;
      const b = (stored * LOOKS + storedLook) * HASH_WORDS;
      for (let look = first; look < end; look++) {
        const a = (asked * LOOKS + look) * HASH_WORDS;
        const byPdq = distanceWithin(pdq, a, b, bound);
        const byBlockhash = distanceWithin(blockhash, a, b, bound);
        if (byPdq <= bound || byBlockhash <= bound) onLook(byPdq, byBlockhash, look, storedLook);
      }
    }
  };
}

/**
 * Compares pictures by every measure.
 * @param bound distances above it count as FAR, which is faster
 */
export function rowComparer(table: FeatureTable, bound: number) {
  const distances = new Uint8Array(MEASURES.length);
  const compareLooks = lookComparer(table, bound);

  function lower(measure: number, distance: number): void {
    if (distance < distances[measure]!) distances[measure] = distance;
  }

  function matchRules(pdq: number, blockhash: number, neural: number, neuralVector: number): void {
    for (const { at, rule } of rules) {
      if (matchedBy({ pdq, blockhash, neural, neuralVector }, rule) !== null) distances[at] = 0;
    }
  }

  function onLook(pdq: number, blockhash: number, look: number, storedLook: number): void {
    lower(place.pdq, pdq);
    lower(place.blockhash, blockhash);
    if (storedLook === 0 && look < WHOLE_LOOKS) {
      lower(place["pdq turned"], pdq);
      lower(place["blockhash turned"], blockhash);
      if (look === 0) {
        lower(place["pdq upright"], pdq);
        lower(place["blockhash upright"], blockhash);
      }
    }
    if (pdq <= widest.pdq || blockhash <= widest.blockhash) matchRules(pdq, blockhash, NEVER, NEVER);
  }

  /** Distances by the order of MEASURES, in bits, 0..FAR; reused by the next call. */
  return function compare(asked: number, stored: number): Uint8Array {
    distances.fill(FAR);
    compareLooks(asked, stored, onLook);
    const has = table.has[asked]! & table.has[stored]!;
    if (has & HAS.neural) {
      const neural = distanceWithin(table.neural, asked * HASH_WORDS, stored * HASH_WORDS, bound);
      if (neural <= widest.neural) {
        const apart = vectorsApart(table, asked, stored);
        lower(place.neural, Math.min(FAR, Math.ceil(apart / NEURAL_STEP)));
        matchRules(NEVER, NEVER, neural, apart);
      }
    }
    if (has & HAS.peers) {
      lower(place.pHash, peerDistance(table.phash, asked, stored));
      lower(place.dHash, peerDistance(table.dhash, asked, stored));
    }
    return distances;
  };
}

/** As `neuralApart` of src/fingerprint/neural.ts. */
function vectorsApart({ vectors, lengths }: FeatureTable, asked: number, stored: number): number {
  const [a, b] = [asked * NEURAL_NUMBERS, stored * NEURAL_NUMBERS];
  let product = 0;
  for (let i = 0; i < NEURAL_NUMBERS; i++) product += vectors[a + i]! * vectors[b + i]!;
  return Math.round(1000 - (1000 * product) / (lengths[asked]! * lengths[stored]!));
}

/** Bits in which two hashes of one table differ; FAR where that is more than `bound`. */
function distanceWithin(words: Int32Array, a: number, b: number, bound: number): number {
  let distance = 0;
  for (let i = 0; i < WORDS_FIRST; i++) distance += popcount(words[a + i]! ^ words[b + i]!);
  if (distance > bound) return FAR;
  for (let i = WORDS_FIRST; i < HASH_WORDS; i++) distance += popcount(words[a + i]! ^ words[b + i]!);
  return distance > bound ? FAR : distance;
}

function peerDistance(words: Int32Array, a: number, b: number): number {
  let distance = 0;
  for (let i = 0; i < PEER_WORDS; i++) distance += popcount(words[a * PEER_WORDS + i]! ^ words[b * PEER_WORDS + i]!);
  return distance;
}

function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
