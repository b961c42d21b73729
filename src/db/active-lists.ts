/** A list as a check needs it. Thresholds in bits, inclusive. */
export interface ActiveList {
  readonly id: bigint;
  readonly name: string;
  readonly kind: "disallow" | "allow";
  readonly action: "block" | "review";
  readonly pdqThreshold: number;
  readonly blockhashThreshold: number;
}

export interface ListJson {
  id: string;
  name: string;
  kind: "disallow" | "allow";
  action: "block" | "review";
  pdq_threshold: number;
  blockhash_threshold: number;
}

/** One `list` row as JSON; 64-bit ids as text, since JSON numbers end at 2^53. */
export const LISTS_JSON = `json_build_object('id', list.id::text, 'name', list.name, 'kind', list.kind, 'action', list.action,
      'pdq_threshold', list.pdq_threshold, 'blockhash_threshold', list.blockhash_threshold)`;

export function parseList(json: ListJson): ActiveList {
  return {
    id: BigInt(json.id),
    name: json.name,
    kind: json.kind,
    action: json.action,
    pdqThreshold: json.pdq_threshold,
    blockhashThreshold: json.blockhash_threshold,
  };
}
