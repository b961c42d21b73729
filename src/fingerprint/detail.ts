import type { Detail, PerceptualKind } from "./fingerprint.ts";
import type { Survey } from "./survey.ts";

export function detailOf(_survey: Survey, quality: number): Detail {
  return quality >= 30 ? "sufficient" : "insufficient";
}

export function hashDetail(_kind: PerceptualKind, hash: string): Detail {
  return /^(0+|f+)$/.test(hash) ? "insufficient" : "sufficient";
}
