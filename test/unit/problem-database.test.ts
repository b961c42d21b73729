import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../../src/errors.ts";
import { databaseFailure } from "../../src/http/database-failure.ts";
import { toAppError } from "../../src/http/to-app-error.ts";

function withCode(code: string, message = "x", extra: object = {}): Error {
  return Object.assign(new Error(message), { code, ...extra });
}

for (const code of ["08006", "28P01", "3D000", "53300", "57P01", "57014", "58030", "25006", "55P03"]) {
  test(`SQLSTATE ${code} is database_unavailable`, () => {
    assert.equal(toAppError(withCode(code)).code, "database_unavailable");
  });
}

for (const code of ["40001", "40P01"]) {
  test(`SQLSTATE ${code} is database_unavailable with a short wait`, () => {
    assert.equal(toAppError(withCode(code)).facts.retryAfterSeconds, 1);
  });
}

for (const code of ["23505", "42601", "22P02", "XX000", "EACCES", "ENOENT"]) {
  test(`${code} is internal: waiting would not help`, () => {
    assert.equal(toAppError(withCode(code)).code, "internal");
  });
}

for (const code of ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"]) {
  test(`the socket error ${code} is database_unavailable`, () => {
    assert.equal(toAppError(withCode(code)).code, "database_unavailable");
  });
}

test("a Unix socket that is not there is database_unavailable", () => {
  assert.notEqual(databaseFailure(withCode("ENOENT", "connect ENOENT", { syscall: "connect" })), null);
});

for (const message of [
  "Connection terminated unexpectedly",
  "Connection terminated due to connection timeout",
  "timeout exceeded when trying to connect",
  "Query read timeout",
  "Client has encountered a connection error and is not queryable",
  "Cannot use a pool after calling end on the pool",
]) {
  test(`the driver's "${message}" is database_unavailable`, () => {
    assert.equal(toAppError(new Error(message)).code, "database_unavailable");
  });
}

test("a driver's error is found inside the errors that wrap it", () => {
  const wrapped = new Error("Failed query", { cause: new Error("inner", { cause: withCode("57P01") }) });
  assert.equal(toAppError(wrapped).code, "database_unavailable");
  assert.equal(toAppError(new AggregateError([new Error("a"), withCode("ECONNREFUSED")])).code, "database_unavailable");
});

test("an error that is its own cause ends as internal", () => {
  const error = new Error("loop");
  error.cause = error;
  assert.equal(toAppError(error).code, "internal");
});

test("an AppError stays what it is, even over a database failure", () => {
  const error = new AppError("url_unreachable", "Expected an answer", {}, { cause: withCode("ECONNREFUSED") });
  assert.equal(toAppError(error), error);
});

test("something thrown that is no Error is internal", () => {
  assert.equal(toAppError("text").code, "internal");
});
