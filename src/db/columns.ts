import { customType } from "drizzle-orm/pg-core";

/** `bytea`, read and written as lower-case hex; null stays null. */
export const hexBytes = customType<{ data: string; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (hex) => Buffer.from(hex, "hex"),
  fromDriver: (bytes) => bytes.toString("hex"),
});

/** `bytea` as raw bytes. */
export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** 256 bits as PostgreSQL's `bit(256)`; the driver's form is 256 characters of 0 and 1. */
export const bits256 = customType<{ data: string; driverData: string }>({ dataType: () => "bit(256)" });

/** A transaction's number that never comes again (`pg_current_xact_id()`), as its decimal text. */
export const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => "xid8" });
