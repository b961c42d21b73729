import type { Context } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import { countEntryHashes } from "../../services/count-entry-hashes.ts";
import { answerJson } from "./answer-json.ts";
import { compareSignals } from "./compare-signals.ts";
import { badRequest } from "./errors.ts";
import { hashMedia } from "./hash-media.ts";
import { indexStatus, wantedSignalTypes } from "./index-status.ts";
import { afterLot, type BankMatch, byBank, inBanks, type MatchesByBank, matchMedia, matchSignal } from "./matches.ts";
import { drawLot } from "./matching-ratio.ts";
import { type Media, mediaByUrl, requireUpload } from "./media.ts";
import { readParameters } from "./parameters.ts";
import { readJsonObject } from "./read-json.ts";
import type { RouteTable } from "./route-table.ts";
import { normalSignal, readSignalType, type SignalType, signalFault } from "./signals.ts";
import type { StillAuthentic } from "./still-authentic.ts";

/** `/m`: what HMA's blueprints/matching.py answers. */
export function addMatchRoutes(table: RouteTable, stillAuthentic: StillAuthentic): void {
  table.add("GET", "/m/raw_lookup", async (c) => {
    const given = readParameters(c.req.query());
    const asked = { signal: given.requiredText("signal"), type: given.requiredText("signal_type") };
    const withDistance = given.flag("include_distance") ?? false;
    given.check();
    const { type, signal } = readSignal(asked.type, asked.signal);
    const matches = inBanks(await matchSignal(c.get("ctx"), type, signal), c.req.query("banks"));
    return answerJson(c, {
      matches: matches.map(({ id, distance }) => (withDistance ? { bank_content_id: id, distance } : id)),
    });
  });

  table.add("GET", "/m/lookup", async (c) => {
    const given = readParameters(c.req.query());
    const [url, signal, type] = [given.text("url"), given.text("signal"), given.text("signal_type")];
    const everyBank = given.flag("bypass_coinflip") ?? false;
    given.check();
    if (url) {
      const found = await lookUpMedia(c, mediaByUrl(c, url), everyBank);
      return answerJson(c, type === undefined ? Object.fromEntries(found) : (found.get(type) ?? {}));
    }
    if (!signal || !type) throw badRequest("Either url or both signal and signal_type are required");
    const asked = readSignal(type, signal);
    const matches = await matchSignal(c.get("ctx"), asked.type, asked.signal);
    return answerJson(c, byBank(await matchingNow(c, matches, lotOf(c, everyBank))));
  });

  table.add("POST", "/m/lookup", async (c) => {
    const media = await requireUpload(c);
    await stillAuthentic(c);
    const everyBank = c.req.query("bypass_coinflip")?.toLowerCase() === "true";
    return answerJson(c, Object.fromEntries(await lookUpMedia(c, media, everyBank)));
  });

  table.add("POST", "/m/compare", async (c) => {
    return answerJson(c, compareSignals(await readJsonObject(c, "Request input was not a dict")));
  });

  table.add("GET", "/m/index/status", async (c) => {
    const types = wantedSignalTypes(c.req.query("signal_type"));
    return answerJson(c, indexStatus(types, await countEntryHashes(c.get("ctx"))));
  });
}

/** By signal type. */
async function lookUpMedia(c: Context<AppEnv>, media: Media, everyBank: boolean): Promise<Map<string, MatchesByBank>> {
  const ctx = c.get("ctx");
  const lot = lotOf(c, everyBank);
  const byType = new Map<string, MatchesByBank>();
  for (const [type, matches] of await matchMedia(ctx, await hashMedia(ctx, media))) {
    byType.set(type, byBank(await matchingNow(c, matches, lot)));
  }
  return byType;
}

function lotOf(c: Context<AppEnv>, everyBank: boolean): number {
  return everyBank ? 0 : drawLot(c.req.query("seed"));
}

/** The matches in banks that are asked for and have their turn. */
async function matchingNow(c: Context<AppEnv>, matches: readonly BankMatch[], lot: number): Promise<BankMatch[]> {
  return await afterLot(c.get("ctx"), inBanks(matches, c.req.query("banks")), lot);
}

function readSignal(typeName: string, given: string): { type: SignalType; signal: string } {
  const type = readSignalType(typeName);
  const signal = normalSignal(type, given);
  if (signal === null) throw badRequest(`invalid signal: ${signalFault(type, given)}`);
  return { type, signal };
}
