/** What HMA takes for the name of a new bank: UPPER_WITH_UNDERSCORE (storage/postgres/database.py). */
const HMA_NAME = /^[A-Z_][A-Z0-9_]*$/;

/** Banks are addressed by the names of lists in capitals; a list's name has no more than 64 characters. */
const LIST_IN_CAPITALS = /^[A-Z0-9][A-Z0-9_-]{0,63}$/;

/** A list's name as a bank's. Lists' names know no capitals, so that every list has one, and no two share it. */
export function bankNameOf(listName: string): string {
  return listName.toUpperCase();
}

/** The list behind a bank's name; null where no list can have it. */
export function listNameOf(bankName: string): string | null {
  return LIST_IN_CAPITALS.test(bankName) ? bankName.toLowerCase() : null;
}

/** Whether HMA would give a bank this name; `-` appears in the names of banks only where a list has one already. */
export function isNewBankName(name: string): boolean {
  return HMA_NAME.test(name);
}
