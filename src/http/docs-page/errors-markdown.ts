import { ERRORS } from "../../errors.ts";
import { ERROR_ADVICE } from "./error-advice.ts";
import { errorCodes } from "./render-errors.ts";

const INTRODUCTION = `# Errors

<!-- Generated from src/errors.ts by \`npm run generate:docs\`; don't edit by hand. -->

Every failure of the native API is answered with its HTTP status and a problem document (RFC 9457,
\`application/problem+json\`): \`type\`, \`title\`, \`status\`, \`detail\`, \`code\`, \`instance\` (the request id), and where they apply
\`field\` and \`retry_after_seconds\`. Branch on \`code\`. A request that fails is not charged. The service shows the same
catalogue at \`/docs/errors\`.

| code | status | retry | meaning | what to do |
|---|---|---|---|---|
`;

/** The text of docs/errors.md. */
export function renderErrorsMarkdown(): string {
  const rows = errorCodes().map((code) => {
    const { status, title, retryable } = ERRORS[code];
    return `| \`${code}\` | ${status} | ${retryable ? "yes" : "no"} | ${title} | ${ERROR_ADVICE[code]} |\n`;
  });
  return INTRODUCTION + rows.join("");
}
