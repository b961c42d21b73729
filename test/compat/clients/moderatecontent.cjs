/* Prints what the vendor's npm package makes of a picture: node moderatecontent.cjs <url> <key> */
const moderation = require("image-moderation");

const [url, key] = process.argv.slice(2);
Promise.all([moderation.evaluate(url, key), moderation.is_adult(url, key)]).then(([answer, isAdult]) => {
  process.stdout.write(JSON.stringify({ answer: JSON.parse(answer), isAdult }));
});
