import { AppError } from "../../errors.ts";
import { createList } from "../../services/create-list.ts";
import { deleteList } from "../../services/delete-list.ts";
import { updateList } from "../../services/update-list.ts";
import { answerJson } from "./answer-json.ts";
import { bankNameOf, isNewBankName, listNameOf } from "./bank-names.ts";
import { allBanks, findBank, presentBank, requireBank } from "./banks.ts";
import { badRequest } from "./errors.ts";
import { readRatio } from "./matching-ratio.ts";
import { readParameters } from "./parameters.ts";
import { readJsonObject } from "./read-json.ts";
import type { RouteTable } from "./route-table.ts";
import type { StillAuthentic } from "./still-authentic.ts";

/** `/c/banks` and `/c/bank/<bank_name>`: what HMA's blueprints/curation.py answers of banks, which are our disallow lists. */
export function addBankRoutes(table: RouteTable, stillAuthentic: StillAuthentic): void {
  table.add("GET", "/c/banks", async (c) => {
    const banks = await allBanks(c.get("ctx"));
    return answerJson(c, banks.map(presentBank));
  });

  table.add("POST", "/c/banks", async (c) => {
    const given = readParameters(await readJsonObject(c, "Request input was not a dict"));
    await stillAuthentic(c);
    const name = given.requiredText("name");
    const ratio = readRatio(given, {}) ?? { enabled: true };
    const fields = { kind: "disallow", action: "block", match: "fast", description: "", ...ratio } as const;
    const bank = await unlessTaken(createList(c.get("ctx"), newListName(name), fields), "Bank already exists");
    return answerJson(c, presentBank(bank), 201);
  });

  table.add("GET", "/c/bank/<bank_name>", async (c) => {
    return answerJson(c, presentBank(await requireBank(c.get("ctx"), c.req.param("bank_name") ?? "")));
  });

  table.add("PUT", "/c/bank/<bank_name>", async (c) => {
    const given = readParameters(await readJsonObject(c, "Request input was not a dict"));
    await stillAuthentic(c);
    const ctx = c.get("ctx");
    const bank = await requireBank(ctx, c.req.param("bank_name") ?? "");
    const name = given.text("name");
    const ratio = readRatio(given, bank.metadata);
    // The name of a list that was not made here may be none that HMA would give.
    const renamed = name !== undefined && name !== bankNameOf(bank.name);
    const changes = { ...ratio, ...(renamed && { name: newListName(name) }) };
    if (Object.keys(changes).length === 0) return answerJson(c, presentBank(bank));
    return answerJson(
      c,
      presentBank(await unlessTaken(updateList(ctx, bank.name, changes), "Bank name already exists")),
    );
  });

  table.add("DELETE", "/c/bank/<bank_name>", async (c) => {
    const ctx = c.get("ctx");
    const bank = await findBank(ctx, c.req.param("bank_name") ?? "");
    if (bank !== null) await deleteList(ctx, bank.name);
    return answerJson(c, { message: "Done" });
  });
}

/** @throws AppError parameter_invalid for a name that HMA refuses, and one that no list can have */
function newListName(bankName: string): string {
  if (!isNewBankName(bankName)) throw badRequest("Bank names must be UPPER_WITH_UNDERSCORE");
  const listName = listNameOf(bankName);
  if (listName !== null) return listName;
  throw badRequest("Bank names begin with a letter and have at most 64 characters here");
}

/** @throws AppError list_exists in HMA's words */
async function unlessTaken<Result>(work: Promise<Result>, message: string): Promise<Result> {
  return await work.catch((error: unknown) => {
    throw error instanceof AppError && error.code === "list_exists" ? new AppError("list_exists", message) : error;
  });
}
