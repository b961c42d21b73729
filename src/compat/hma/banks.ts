import { AppError } from "../../errors.ts";
import type { RequestContext } from "../../services/context.ts";
import { getList, type ListRow } from "../../services/get-list.ts";
import { listLists } from "../../services/list-lists.ts";
import { bankNameOf, listNameOf } from "./bank-names.ts";
import { ratioOf } from "./matching-ratio.ts";

const PAGE = 1000;

/** HMA's BankConfig. */
export function presentBank(list: ListRow) {
  return { matching_enabled_ratio: ratioOf(list), name: bankNameOf(list.name) };
}

/** Banks are the lists of what is banned; allow lists and lists of names are none. */
function isBank({ kind }: ListRow): boolean {
  return kind === "disallow";
}

/** Every bank in the order of the lists' names. */
export async function allBanks(ctx: RequestContext): Promise<ListRow[]> {
  const banks: ListRow[] = [];
  for (let after: string | null = null; ; ) {
    const { rows, next }: Awaited<ReturnType<typeof listLists>> = await listLists(ctx, after, PAGE);
    banks.push(...rows.filter(isBank));
    if (next === null) return banks;
    after = next;
  }
}

/** Null where there is no bank of that name. */
export async function findBank(ctx: RequestContext, bankName: string): Promise<ListRow | null> {
  const listName = listNameOf(bankName);
  if (listName === null) return null;
  try {
    const list = await getList(ctx, listName);
    return isBank(list) ? list : null;
  } catch (error) {
    if (error instanceof AppError && error.code === "list_not_found") return null;
    throw error;
  }
}

/** @throws AppError list_not_found in HMA's words */
export async function requireBank(ctx: RequestContext, bankName: string): Promise<ListRow> {
  const bank = await findBank(ctx, bankName);
  if (bank !== null) return bank;
  throw new AppError("list_not_found", `bank '${bankName.slice(0, 255)}' not found`);
}
