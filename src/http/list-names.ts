/** Reads `lists=a,b`: null (every enabled list) where it is not given, nothing at all where it is empty. */
export function parseListNames(value: string | undefined): string[] | null {
  if (value === undefined) return null;
  const names = value.split(",").map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}
