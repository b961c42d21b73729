import { type QuotaLoad, sendQuotaLoad } from "../../test/support/quota-load.ts";

// Sends the load that it is given by message, and answers with counts under way and the tally at the end. A process of its
// own, so that the sending side waits for nothing of the other's.

const TELL_MS = 50;
let toldAt = 0;

process.once("message", (load: QuotaLoad) => {
  void sendQuotaLoad(load, ({ accepted, refused, busy }) => {
    if (performance.now() - toldAt < TELL_MS) return;
    toldAt = performance.now();
    process.send?.({ counts: { accepted, refused, busy } });
  }).then((tally) => process.send?.({ tally }, () => process.disconnect()));
});
