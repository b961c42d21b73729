// For `node --require`: https requests to VENDOR_HOST reach port VENDOR_PORT of this machine, with everything else about
// them, the name in the certificate among it, as the program made them.
const dns = require("node:dns");
const https = require("node:https");

const { VENDOR_HOST, VENDOR_PORT } = process.env;

const { lookup } = dns;
dns.lookup = (name, options, callback) => {
  const done = typeof options === "function" ? options : callback;
  if (name !== VENDOR_HOST) return lookup(name, options, callback);
  if (options.all) return process.nextTick(done, null, [{ address: "127.0.0.1", family: 4 }]);
  return process.nextTick(done, null, "127.0.0.1", 4);
};

const { request } = https;
https.request = (options, ...rest) => {
  const isVendors = options.hostname === VENDOR_HOST || options.host === VENDOR_HOST;
  // As its default the port stays out of the Host header.
  const port = { port: Number(VENDOR_PORT), defaultPort: Number(VENDOR_PORT) };
  return request(isVendors ? { ...options, ...port } : options, ...rest);
};
